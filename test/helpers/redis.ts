import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe } from "@jest/globals";
import { createClient } from "@redis/client";
import { onTestEnd } from "./cleanup.ts";
import { findFreePort } from "./free-port.ts";

/** Tests that need programs. They are left out, and say so, where one of these is not installed. */
export function describeWith(programs: readonly string[], name: string, tests: () => void): void {
  const missing = programs.filter((program) => spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0);
  if (missing.length === 0) {
    describe(name, tests);
    return;
  }
  const reason = `${missing.join(" and ")} not installed`;
  process.stderr.write(`LEFT OUT, ${reason}: ${name}\n`);
  describe.skip(`${name} (left out: ${reason})`, tests);
}

export const describeWithRedis = (name: string, tests: () => void) => describeWith(["redis-server"], name, tests);

export type RedisServer = Awaited<ReturnType<typeof startRedis>>;

/** A real Redis on the loopback interface that stores nothing on disk, once it accepts connections. */
export async function startRedis(port?: number, ...settings: string[]) {
  const ownPort = port ?? (await findFreePort());
  const words = ["--port", String(ownPort), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", ...settings];
  const child = spawn("redis-server", words, { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const stop = async () => {
    child.kill("SIGKILL");
    await exit;
  };
  onTestEnd(stop);
  const output: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    if (output.push(line) && line.includes("Ready to accept connections")) break;
  }
  child.stdout.resume();
  if (child.exitCode !== null) throw new Error(`redis-server ended: ${output.join("\n")}`);
  const url = `redis://127.0.0.1:${ownPort}`;
  /** Sends one command on a connection of its own. */
  const command = async (...sent: string[]): Promise<unknown> => {
    const client = createClient({ url, RESP: 2 }).on("error", () => {});
    await client.connect();
    try {
      return await client.sendCommand(sent);
    } finally {
      client.destroy();
    }
  };
  return { url, port: ownPort, command, signal: (name: NodeJS.Signals) => child.kill(name), stop };
}
