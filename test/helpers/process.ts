import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestEnd } from "./cleanup.ts";

// Built before the tests that are named in jest.config.mjs.
const productionEntry = new URL("../../dist/start.cjs", import.meta.url).pathname;

export interface Run {
  readonly child: ChildProcess;
  /** Everything on standard output so far. */
  readonly output: () => string;
  readonly errors: () => string;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>;
}

/** Starts the built service, or another entry, as its own process on a free loopback port. */
export function runProcess(environment: Record<string, string>, entry: string = productionEntry): Run {
  const words = entry.endsWith(".ts") ? ["--import", "tsx", entry] : [entry];
  const child = spawn(process.execPath, words, { env: { HOST: "127.0.0.1", PORT: "0", ...environment } });
  let output = "";
  let errors = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const exit = once(child, "exit").then(([code, signal]) => code ?? signal);
  onTestEnd(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  return { child, output: () => output, errors: () => errors, exit };
}

/** Waits until something is there. */
export async function eventually<Value>(
  find: () => Value | undefined | null | false | Promise<Value | undefined | null | false>,
): Promise<Value> {
  for (;;) {
    const value = await find();
    if (value !== undefined && value !== null && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The service as its own process, once it says that it listens. */
export async function startProcess(
  environment: Record<string, string>,
  entry: string = productionEntry,
): Promise<Run & { url: string }> {
  const run = runProcess(environment, entry);
  const url = await eventually(() => /"service.address":"([^"]+)"/.exec(run.output())?.[1]);
  return { ...run, url };
}

/** Whether nobody takes connections there. */
export function isRefused(url: string): Promise<boolean> {
  return fetch(`${url}/health/live`).then(
    () => false,
    () => true,
  );
}
