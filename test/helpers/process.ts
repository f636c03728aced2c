import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { onTestEnd } from "./cleanup.ts";

// Built before the tests that are named in jest.config.mjs.
const productionEntry = new URL("../../dist/start.cjs", import.meta.url).pathname;
const waitLimitMs = 20_000;

export interface Run {
  readonly child: ChildProcess;
  /** Everything on standard output so far. */
  readonly output: () => string;
  /** The JSON lines on standard output so far. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read any field
  readonly lines: () => any[];
  readonly errors: () => string;
  /** Resolves with the exit code, or the signal that ended the process, once its output has been read. */
  readonly exit: Promise<number | string>;
}

/** Starts the built service, or another entry, as its own process on a free loopback port. */
export function runProcess(environment: Record<string, string>, entry: string = productionEntry): Run {
  const options = entry.endsWith(".ts") ? ["--import", "tsx"] : [];
  return watchProcess(
    spawn(process.execPath, [...options, entry], { env: { HOST: "127.0.0.1", PORT: "0", ...environment } }),
  );
}

/** Collects a child process's output, and ends it when the test ends. */
export function watchProcess(child: ChildProcess): Run {
  let output = "";
  let errors = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  const exit = once(child, "close").then(([code, signal]) => code ?? signal);
  onTestEnd(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  const lines = () =>
    output
      .split("\n")
      .slice(0, -1)
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  return { child, output: () => output, lines, errors: () => errors, exit };
}

/** Waits until there is a value. @throws Error that names what was waited for, after 20 s. */
export async function eventually<Value>(
  find: () => Value | undefined | null | false | Promise<Value | undefined | null | false>,
  what: string = find.toString(),
): Promise<Value> {
  for (const deadline = performance.now() + waitLimitMs; performance.now() < deadline; ) {
    const value = await find();
    if (value !== undefined && value !== null && value !== false) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`waited ${waitLimitMs / 1000} s in vain for: ${what}`);
}

/** The service as its own process, once it listens. */
export async function startProcess(
  environment: Record<string, string>,
  entry: string = productionEntry,
): Promise<Run & { url: string }> {
  const run = runProcess(environment, entry);
  const findUrl = () => /"service.address":"([^"]+)"/.exec(run.output())?.[1];
  const failure = run.exit.then(() => {
    throw new Error(`the service did not start: ${run.errors()}`);
  });
  const url = await Promise.race([eventually(findUrl, "the start line"), failure]);
  failure.catch(() => undefined);
  return { ...run, url };
}

/** Whether no connection is accepted there. */
export function isRefused(url: string): Promise<boolean> {
  return fetch(`${url}/health/live`).then(
    () => false,
    () => true,
  );
}
