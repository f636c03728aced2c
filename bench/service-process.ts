// The service as a process of its own, started as `npm start` does: its options are part of what is measured.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import process from "node:process";

export interface ServiceProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** From the start of the process to its first answer. */
  readonly startMs: number;
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export const fetchStatus = (url: string) =>
  fetch(url).then(
    ({ status }) => status,
    () => 0,
  );

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** What `npm start` hands to node. */
function startArguments(): string[] {
  const file = new URL("../package.json", import.meta.url);
  const { scripts } = JSON.parse(readFileSync(file, "utf8")) as { scripts: { start: string } };
  const [command, ...words] = scripts.start.split(" ");
  if (command !== "node") throw new Error("the start script is expected to be: node [options] file");
  return words;
}

/** Starts the built service in front of an upstream on loopback; resolves with its first answer. */
export async function startService(upstreamPort: number, environment: NodeJS.ProcessEnv): Promise<ServiceProcess> {
  const port = await findFreePort();
  const startedAt = performance.now();
  const child = spawn(process.execPath, startArguments(), {
    cwd: new URL("..", import.meta.url),
    env: {
      NODE_ENV: "production",
      HOST: "127.0.0.1",
      PORT: String(port),
      CONTACTSWING_URL: `http://127.0.0.1:${upstreamPort}`,
      ...environment,
    },
    // Log lines that are asked for are written, but this process does not spend its time on them.
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  while ((await fetchStatus(`${url}/health/live`)) !== 200) {
    if (child.exitCode !== null) throw new Error("the service ended before it answered: run `npm run build`");
    await pause(5);
  }
  return { child, url, startMs: performance.now() - startedAt };
}

export async function stopService({ child }: ServiceProcess): Promise<void> {
  child.kill("SIGINT");
  await once(child, "exit");
}

export function residentMegabytes({ pid }: ChildProcess): number {
  return Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)])) / 1024;
}

/** User and system time that the process has spent, in seconds; undefined where there is no /proc. */
export function processorSeconds({ pid }: ChildProcess): number | undefined {
  try {
    // proc(5): fields 14 and 15, counted after the name in parentheses, in clock ticks of 1/100 s.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}
