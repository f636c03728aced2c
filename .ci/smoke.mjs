// Runs the files that the image holds, and nothing else of the repository: owned by root, run by another user, who may
// write nowhere. Creates an action through them, in front of the built sandbox.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const root = new URL("..", import.meta.url).pathname;
const maxMegabytes = 50;
const token = "smoke-test-token";
const folder = mkdtempSync(join(tmpdir(), "contactswing-bff-smoke-"));
const app = join(folder, "app");
const identity = process.getuid() === 0 ? { uid: 65532, gid: 65532 } : {};
// The user has to be able to execute Node.js, wherever the checkout is.
const node = join(folder, "node");

/** Starts a program of the image, and waits for the address that it prints. */
async function start(words, pattern, environment) {
  const child = spawn(node, words, {
    cwd: app,
    env: { NODE_ENV: "production", HOST: "127.0.0.1", PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
    ...identity,
  });
  const exit = once(child, "exit");
  let output = "";
  const url = await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`${words.at(-1)} ended with ${code}`)));
    child.stdout.on("data", (chunk) => {
      output += chunk;
      const address = pattern.exec(output)?.[1];
      if (address) resolve(address);
    });
  });
  return { child, exit, url };
}

try {
  cpSync(join(root, "dist"), join(app, "dist"), { recursive: true });
  for (const file of ["package.json", "deploy/container/healthcheck.mjs"]) execFileSync("cp", [join(root, file), app]);
  copyFileSync(process.execPath, node);
  chmodSync(node, 0o755);
  chmodSync(folder, 0o755);
  execFileSync("chmod", ["-R", "a-w", app]);
  const megabytes = Number(execFileSync("du", ["-sm", app], { encoding: "utf8" }).split("\t")[0]);
  assert(megabytes <= maxMegabytes, `the image's files take ${megabytes} MB, more than ${maxMegabytes}`);

  const dockerfile = readFileSync(join(root, "Dockerfile"), "utf8");
  const command = JSON.parse(/^CMD (\[.*\])$/m.exec(dockerfile)[1]);
  const sandbox = await start(["dist/sandbox.mjs"], /^ContactSwing sandbox: (\S+)\n/, { SANDBOX_TOKEN: token });
  // Node.js' permissions stand in for a read-only root file system: any write is an error.
  const readOnly = ["--disable-warning=ExperimentalWarning", "--permission", "--allow-fs-read=*", "--allow-net"];
  const service = await start([...readOnly, ...command], /"service.address":"([^"]+)"/, {
    CONTACTSWING_URL: sandbox.url,
  });

  const query = 'mutation { createDataExtractionAction(input: { name: "Smoke", webhook: {} }) { action { id name } } }';
  const response = await fetch(`${service.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  assert.equal(data.createDataExtractionAction.action.name, "Smoke");
  const health = spawn(node, ["healthcheck.mjs"], { cwd: app, env: { PORT: new URL(service.url).port }, ...identity });
  assert.deepEqual(await once(health, "exit"), [0, null], "HEALTHCHECK finds the service");
  for (const { child, exit } of [service, sandbox]) {
    child.kill("SIGINT");
    assert.deepEqual(await exit, [0, null], "SIGINT ends it with 0");
  }
  console.log(`created ${data.createDataExtractionAction.action.id} with the ${megabytes} MB that the image holds`);
} finally {
  execFileSync("chmod", ["-R", "u+w", folder]);
  rmSync(folder, { recursive: true });
}
