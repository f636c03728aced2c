import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { findFreePort } from "../helpers/free-port.ts";
import { startRawUpstream } from "../helpers/raw-upstream.ts";
import { startService } from "../helpers/service.ts";
import { startUpstream } from "../helpers/upstream.ts";

const script = new URL("../../deploy/container/healthcheck.mjs", import.meta.url).pathname;

/** Runs the script with nothing but these variables. @returns its exit code. */
async function checkHealth(environment: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [script], { env: environment, stdio: "ignore" });
  const [code] = await once(child, "exit");
  return code;
}

test.each([
  ["0.0.0.0", ["0.0.0.0", "127.0.0.1", "localhost", ""]],
  ["::1", ["::1"]],
])("finds the service on %s by its settings", async (address, hosts) => {
  const { port } = new URL((await startService({ HOST: address })).url);
  const closed = String(await findFreePort());

  for (const HOST of hosts) {
    expect([HOST, await checkHealth({ PORT: port, HOST })]).toEqual([HOST, 0]);
    expect([HOST, await checkHealth({ PORT: closed, HOST })]).toEqual([HOST, 1]);
  }
});

test("finds a draining service healthy, so that it is not killed while it drains", async () => {
  const { url, service } = await startService({});
  service.drain();

  expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  expect(await checkHealth({ PORT: new URL(url).port })).toBe(0);
});

test("fails when the response is not that of a live service", async () => {
  const { url, received } = await startUpstream(() => ({ status: 503 }));

  expect(await checkHealth({ PORT: new URL(url).port })).toBe(1);
  expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /health/live"]);
});

test("fails within its time limit when there is no response", async () => {
  const { port } = await startRawUpstream({});

  expect(await checkHealth({ PORT: String(port) })).toBe(1);
});
