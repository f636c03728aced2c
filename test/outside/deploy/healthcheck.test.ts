import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { findFreePort } from "../../helpers/free-port.ts";
import { startRawUpstream } from "../../helpers/raw-upstream.ts";
import { startService } from "../../helpers/service.ts";
import { startUpstream } from "../../helpers/upstream.ts";

const script = new URL("../../../deploy/container/healthcheck.mjs", import.meta.url).pathname;

/** Runs the script with nothing but these variables. @returns its exit code. */
async function checkHealth(port: number | string, host?: string): Promise<number> {
  const env = { PORT: String(port), ...(host === undefined ? {} : { HOST: host }) };
  const [code] = await once(spawn(process.execPath, [script], { env, stdio: "ignore" }), "exit");
  return code;
}

test.each([
  ["0.0.0.0", ["0.0.0.0", "127.0.0.1", "localhost", ""]],
  ["::1", ["::1"]],
])(
  "finds a service on %s by its settings, also while it drains, so that it is not killed then",
  async (HOST, hosts) => {
    const { url, service } = await startService({ HOST });
    service.drain();
    const closed = await findFreePort();

    for (const host of hosts) {
      expect([host, await checkHealth(new URL(url).port, host), await checkHealth(closed, host)]).toEqual([host, 0, 1]);
    }
  },
);

test("fails when the response is not that of a live service, and in time when there is none", async () => {
  const { url, received } = await startUpstream(() => ({ status: 503 }));
  const silent = await startRawUpstream({});

  expect([await checkHealth(new URL(url).port), await checkHealth(silent.port)]).toEqual([1, 1]);
  expect(received.map(({ method, path }) => `${method} ${path}`)).toEqual(["GET /health/live"]);
});
