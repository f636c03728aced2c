import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { describe } from "@jest/globals";
import { createClient } from "@redis/client";
import { onTestEnd } from "./cleanup.ts";
import { findFreePort } from "./free-port.ts";

/** A group of tests that need programs; where one of them is not installed they are left out, and say so. */
export function describeWith(programs: readonly string[], name: string, tests: () => void): void {
  const missing = programs.filter((program) => spawnSync("sh", ["-c", `command -v ${program}`]).status !== 0);
  if (missing.length === 0) {
    describe(name, tests);
  } else {
    const reason = `${missing.join(" and ")} not installed`;
    process.stderr.write(`LEFT OUT, ${reason}: ${name}\n`);
    describe.skip(`${name} (left out: ${reason})`, tests);
  }
}

export const describeWithRedis = (name: string, tests: () => void) => describeWith(["redis-server"], name, tests);

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Sends one command on a connection of its own. */
  readonly command: (...words: string[]) => Promise<unknown>;
  /** Everything that Redis is told from here on, as `MONITOR` prints it. */
  readonly watch: () => Promise<() => string>;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly stop: () => Promise<void>;
}

/** A real Redis on the loopback interface that keeps nothing on disk, once it takes connections. */
export async function startRedis(port?: number, ...settings: string[]): Promise<RedisServer> {
  const ownPort = port ?? (await findFreePort());
  const words = ["--port", String(ownPort), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", ...settings];
  const child = spawn("redis-server", words, { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  const stop = async () => {
    child.kill("SIGKILL");
    await exit;
  };
  onTestEnd(stop);
  await takesConnections(child);
  const url = `redis://127.0.0.1:${ownPort}`;
  const command = async (...sent: string[]) => {
    const client = createClient({ url, RESP: 2 });
    client.on("error", () => {});
    await client.connect();
    try {
      return await client.sendCommand(sent);
    } finally {
      client.destroy();
    }
  };
  const watch = async () => {
    const socket = connect(ownPort, "127.0.0.1");
    onTestEnd(async () => socket.destroy());
    let seen = "";
    socket.on("data", (chunk) => {
      seen += chunk;
    });
    socket.write("MONITOR\r\n");
    await once(socket, "data");
    return () => seen;
  };
  return { url, port: ownPort, command, watch, signal: (name) => child.kill(name), stop };
}

function takesConnections(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (chunk) => {
      output += chunk;
      if (output.includes("Ready to accept connections")) resolve();
    });
    child.once("exit", () => reject(new Error(`redis-server ended: ${output}`)));
  });
}
