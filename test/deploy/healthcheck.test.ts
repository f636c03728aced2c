import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { onTestEnd } from "../helpers/cleanup.ts";
import { findFreePort } from "../helpers/free-port.ts";
import { startService } from "../helpers/service.ts";
import { startUpstream } from "../helpers/upstream.ts";

const script = new URL("../../deploy/container/healthcheck.mjs", import.meta.url).pathname;

/** Runs the script with nothing but these variables; resolves with its exit code. */
async function checkHealth(environment: Record<string, string>): Promise<number> {
  const child = spawn(process.execPath, [script], { env: environment, stdio: "ignore" });
  const [code] = await once(child, "exit");
  return code;
}

test("finds the service on its port, whichever address it listens on", async () => {
  const { url } = await startService({ HOST: "0.0.0.0" });
  const { port } = new URL(url);
  const closed = String(await findFreePort());

  for (const HOST of ["0.0.0.0", "127.0.0.1", "localhost", ""]) {
    expect(await checkHealth({ PORT: port, HOST })).toBe(0);
    expect(await checkHealth({ PORT: closed, HOST })).toBe(1);
  }
  expect(await checkHealth({ PORT: port })).toBe(0);
});

test("finds a service on an IPv6 address", async () => {
  const { url } = await startService({ HOST: "::1" });

  expect(await checkHealth({ PORT: new URL(url).port, HOST: "::1" })).toBe(0);
  expect(await checkHealth({ PORT: String(await findFreePort()), HOST: "::1" })).toBe(1);
});

test("finds a draining service healthy, so that it is not killed while it drains", async () => {
  const { url, service } = await startService({});
  service.drain();

  expect((await fetch(`${url}/health/ready`)).status).toBe(503);
  expect(await checkHealth({ PORT: new URL(url).port })).toBe(0);
  await service.stop();
  expect(await checkHealth({ PORT: new URL(url).port })).toBe(1);
});

test("fails when the response is not that of a live service", async () => {
  const other = await startUpstream(() => ({ status: 503 }));

  expect(await checkHealth({ PORT: new URL(other.url).port })).toBe(1);
  expect(other.received.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /health/live"]);
});

test("fails within its time limit when there is no response", async () => {
  const server = createServer(() => {}).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestEnd(async () => server.close());
  const { port } = server.address() as { port: number };
  const sockets: { destroy(): void }[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  onTestEnd(async () => {
    for (const socket of sockets) socket.destroy();
  });

  expect(await checkHealth({ PORT: String(port) })).toBe(1);
});
