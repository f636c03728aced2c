import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { onTestEnd } from "./cleanup.ts";

// `npm test` has built dist/ before these run.
const entry = new URL("../../dist/main.js", import.meta.url).pathname;

export interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly errors: () => string;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exit: Promise<number | string>;
}

/** Runs `dist/main.js` as its own process, with these environment variables and no others. */
export function runService(environment: Record<string, string>): Run {
  const child = spawn(process.execPath, [entry], { env: { HOST: "127.0.0.1", PORT: "0", ...environment } });
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
export async function eventually<Value>(find: () => Value | undefined | null): Promise<Value> {
  for (;;) {
    const value = find();
    if (value !== undefined && value !== null) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The service as its own process, once it says that it listens. */
export async function startProcess(environment: Record<string, string>): Promise<Run & { url: string }> {
  const run = runService(environment);
  const url = await eventually(() => /"service.address":"([^"]+)"/.exec(run.output())?.[1]);
  return { ...run, url };
}

export function assertBuilt(): void {
  if (!existsSync(entry)) throw new Error("dist/ is missing: run `npm run build` first");
}
