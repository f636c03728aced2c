// Starts the built service as in production (`npm start`), in front of the sandbox, and creates one action through it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createSandbox } from "../dist/sandbox/sandbox.js";

const token = "smoke-test-token";
const sandbox = createSandbox(token);
const child = spawn("npm", ["start", "--silent"], {
  cwd: new URL("..", import.meta.url).pathname,
  env: {
    ...process.env,
    NODE_ENV: "production",
    HOST: "127.0.0.1",
    PORT: "0",
    CONTACTSWING_URL: await sandbox.start(),
  },
  stdio: ["ignore", "pipe", "inherit"],
  detached: true,
});
const exit = once(child, "exit");
try {
  let output = "";
  const url = await new Promise((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the service ended with ${code}`)));
    child.stdout.on("data", (chunk) => {
      output += chunk;
      const address = /"service.address":"([^"]+)"/.exec(output)?.[1];
      if (address) resolve(address);
    });
  });
  const query = 'mutation { createDataExtractionAction(input: { name: "Smoke", webhook: {} }) { action { id name } } }';
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  assert.equal(data.createDataExtractionAction.action.name, "Smoke");
  assert.match(data.createDataExtractionAction.action.id, /^[0-9a-f-]{36}$/);
  console.log(`created ${data.createDataExtractionAction.action.id} through the production start`);
} finally {
  process.kill(-child.pid, "SIGINT");
  await exit;
  await sandbox.stop();
}
