import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { onTestEnd } from "./cleanup.ts";

// Built before the tests that are named in jest.config.mjs.
const productionEntry = new URL("../../dist/start.cjs", import.meta.url).pathname;
const { scripts } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
/** Node.js' options of `npm start`, which bound the heap. */
export const startOptions: string[] = scripts.start.match(/--\S+/g);
const waitLimitMs = 20_000;

export type Run = ReturnType<typeof watchProcess>;

/** Starts the built service, or another entry, as its own process on a free loopback port. */
export function runProcess(environment: Record<string, string>, entry: string = productionEntry) {
  const options = entry.endsWith(".ts") ? ["--import", "tsx"] : entry === productionEntry ? startOptions : [];
  const env = { HOST: "127.0.0.1", PORT: "0", ...environment };
  return watchProcess(spawn(process.execPath, [...options, entry], { env }));
}

/** Collects a child process's output so far, and ends the process when the test ends. */
export function watchProcess(child: ChildProcess) {
  let output = "";
  let errors = "";
  child.stdout?.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr?.on("data", (chunk) => {
    errors += chunk;
  });
  /** The exit code, or the signal that ended the process, once its output has been read. */
  const exit: Promise<number | string> = once(child, "close").then(([code, signal]) => code ?? signal);
  onTestEnd(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  const lines = () => (output.match(/^\{.*(?=\n)/gm) ?? []).map((line) => JSON.parse(line));
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
export async function startProcess(environment: Record<string, string>, entry: string = productionEntry) {
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
