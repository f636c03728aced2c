// Creates an action through the files that the image holds, and nothing else of the repository, in front of the built
// sandbox.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";

const root = join(import.meta.dirname, "..");
const maxMegabytes = 30;
const token = "smoke-test-token";

/** Starts a program of the image, and waits for the address that it prints. */
async function start(cwd, words, pattern, environment) {
  const env = { NODE_ENV: "production", HOST: "127.0.0.1", PORT: "0", ...environment };
  const child = spawn(process.execPath, words, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  for await (const line of createInterface(child.stdout)) {
    const url = pattern.exec(line)?.[1];
    if (url) return { child, url, readErrors: () => errors };
  }
  throw new Error(`${words.at(-1)} ended without an address: ${child.exitCode ?? child.signalCode}\n${errors}`);
}

const app = mkdtempSync(join(tmpdir(), "contactswing-bff-smoke-"));
try {
  for (const path of ["dist", "package.json", "deploy/container/healthcheck.mjs"]) {
    cpSync(join(root, path), join(app, basename(path)), { recursive: true });
  }
  const megabytes = Number.parseInt(execFileSync("du", ["-sm", app], { encoding: "utf8" }), 10);
  assert(megabytes <= maxMegabytes, `the image's files take ${megabytes} MB, more than ${maxMegabytes}`);
  // In the image they belong to root, and another user runs them.
  const unreadable = execFileSync("find", [app, "-mindepth", "1", "!", "-perm", "-o=r"], { encoding: "utf8" });
  assert.equal(unreadable, "", "files that only their owner may read");
  for (const folder of ["dist", "dist/browser"]) {
    const read = (name) => readFileSync(join(app, folder, name), "utf8");
    const licensed = read("licenses.txt").match(/^\S+ \d+\.\d+\.\d+\S*(?= \(.*\)$)/gm) ?? [];
    const named = JSON.parse(read("sbom.cdx.json")).components.map(({ name, version }) => `${name} ${version}`);
    assert(licensed.length > 50, `${folder}/licenses.txt has only ${licensed.length} packages`);
    assert.deepEqual([...new Set(named)].sort(), [...new Set(licensed)].sort(), "packages of the SBOM, and licenses");
  }

  const sandbox = await start(app, ["dist/sandbox.mjs"], /^ContactSwing sandbox: (\S+)$/, { SANDBOX_TOKEN: token });
  const [, command] = /^CMD (\[.*\])$/m.exec(readFileSync(join(root, "Dockerfile"), "utf8"));
  // Node.js' permissions stand in for a read-only root file system: any write is an error. Without the permission for its
  // folder, Node.js would not even read the compile cache.
  const cache = `--allow-fs-write=${app}/dist/compile-cache`;
  const readOnly = ["--disable-warning=ExperimentalWarning", "--permission", "--allow-fs-read=*", "--allow-net", cache];
  const service = await start(app, [...readOnly, ...JSON.parse(command)], /"service.address":"([^"]+)"/, {
    CONTACTSWING_URL: sandbox.url,
    NODE_DEBUG_NATIVE: "COMPILE_CACHE",
  });
  assert.match(service.readErrors(), /V8 code cache for CommonJS \S+\/server\.cjs was accepted/);

  const query = 'mutation { createDataExtractionAction(input: { name: "Smoke", webhook: {} }) { action { id name } } }';
  const response = await fetch(`${service.url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  assert.equal(data.createDataExtractionAction.action.name, "Smoke");
  execFileSync(process.execPath, ["healthcheck.mjs"], { cwd: app, env: { PORT: new URL(service.url).port } });
  for (const { child } of [service, sandbox]) {
    child.kill("SIGINT");
    assert.deepEqual(await once(child, "exit"), [0, null], "SIGINT ends it with 0");
  }
  console.log(`created ${data.createDataExtractionAction.action.id} with the ${megabytes} MB that the image holds`);
} finally {
  rmSync(app, { recursive: true });
}
