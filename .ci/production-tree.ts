// Builds the tree that the image holds, as the Dockerfile says, and uses it as the image would be used: owned by root,
// run by somebody else who may write nowhere, for one create. Reports its size and its start time.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { buildTree } from "./build-tree.ts";
import type { Step } from "./dockerfile.ts";

// The image may hold 150 MB over its base; this much is left for a dependency before anybody has to think.
const mostMegabytes = 100;
const starts = 5;
// Node's permission model stands in for the read-only root file system: any write is an error.
const noWriting = ["--disable-warning=ExperimentalWarning", "--permission", "--allow-fs-read=*", "--allow-net"];

const context = new URL("..", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "production-tree-"));
const isRoot = process.getuid?.() === 0;
let isDone = false;

try {
  const tree = buildTree(readFileSync(join(context, "Dockerfile"), "utf8"), context, folder);
  const step = (keyword: string): Step => {
    const found = tree.stage.steps.findLast((candidate) => candidate.keyword === keyword);
    assert(found, `the last stage has a ${keyword}`);
    return found;
  };
  const [uid = 0, gid = 0] = step("USER").text.split(":").map(Number);
  assert(uid > 0 && gid > 0, "USER is numeric and not root");
  lockDown(tree.folder);

  const megabytes = Number(execFileSync("du", ["-sm", tree.folder], { encoding: "utf8" }).split("\t")[0]);
  console.log(`${megabytes} MB over the base image, at most ${mostMegabytes}`);
  assert(megabytes <= mostMegabytes, "the tree is small enough");

  // The user of the image must be able to execute the file, wherever the checkout lies.
  const node = join(folder, "node");
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  chmodSync(folder, 0o755);

  const { createSandbox } = await import(join(tree.workingFolder, "dist/sandbox/sandbox.js"));
  const token = "production-tree-token";
  const sandbox = createSandbox(token);
  const environment = {
    ...tree.environment,
    HOST: "127.0.0.1",
    PORT: String(await findFreePort()),
    CONTACTSWING_URL: await sandbox.start(),
  };
  const url = `http://127.0.0.1:${environment.PORT}`;
  const launch = ([program, ...words]: readonly string[], flags: readonly string[] = []): ChildProcess => {
    assert.equal(program, "node");
    return spawn(node, [...flags, ...words], {
      cwd: tree.workingFolder,
      env: environment,
      stdio: ["ignore", "ignore", "inherit"],
      ...(isRoot ? { uid, gid } : {}),
    });
  };
  const command = [...(step("ENTRYPOINT").words ?? []), ...(step("CMD").words ?? [])];
  const checkHealth = async () => (await once(launch(step("HEALTHCHECK").words ?? []), "exit"))[0];

  const startTimes: number[] = [];
  for (let start = 0; start <= starts; start++) {
    const isUsed = start === starts;
    const startedAt = performance.now();
    const service = launch(command, isUsed ? noWriting : []);
    const exit = once(service, "exit");
    try {
      while (!(await isLive(url))) assert.equal(service.exitCode, null, "the service runs");
      if (!isUsed) startTimes.push(Math.round(performance.now() - startedAt));
      else {
        assert.equal(await checkHealth(), 0, "HEALTHCHECK finds the service");
        await createOne(url, token);
      }
    } finally {
      service.kill("SIGINT");
    }
    assert.deepEqual(await exit, [0, null], "SIGINT ends the service with 0");
  }
  assert.equal(await checkHealth(), 1, "HEALTHCHECK says when nobody answers");
  await sandbox.stop();
  console.log(`started in ${startTimes.sort((a, b) => a - b)[Math.floor(starts / 2)]} ms (median of ${starts})`);
  console.log(`created one action as ${isRoot ? `${uid}:${gid}` : "this user, who is not root"}, writing no file`);
  isDone = true;
} finally {
  execFileSync("chmod", ["-R", "u+w", folder]);
  rmSync(folder, { recursive: true, force: true });
}
process.exit(isDone ? 0 : 1);

/** Nobody but root may write, and root only as the file system's owner: what an image's layers look like. */
function lockDown(root: string): void {
  if (isRoot) execFileSync("chown", ["-R", "0:0", root]);
  execFileSync("chmod", ["-R", "a-w", root]);
  const writable = execFileSync("find", [root, "!", "-type", "l", "-perm", "/222"], { encoding: "utf8" });
  assert.equal(writable, "", "nothing is writable");
  const unreadable = execFileSync("find", [root, "-type", "f", "!", "-perm", "-444"], { encoding: "utf8" });
  assert.equal(unreadable, "", "everybody can read every file");
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

async function isLive(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/health/live`)).ok;
  } catch {
    // Nobody listens yet; the process starts in a few hundred milliseconds.
    await new Promise((resolve) => setTimeout(resolve, 5));
    return false;
  }
}

async function createOne(url: string, token: string): Promise<void> {
  const query = 'mutation { createDataExtractionAction(input: { name: "Tree", webhook: {} }) { action { id name } } }';
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as {
    data?: { createDataExtractionAction: { action: { id: string; name: string } } };
    errors?: unknown;
  };
  assert.equal(errors, undefined);
  assert.equal(data?.createDataExtractionAction.action.name, "Tree");
  assert.match(data.createDataExtractionAction.action.id, /^[0-9a-f-]{36}$/);
}
