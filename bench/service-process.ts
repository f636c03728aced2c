// The service as a process of its own, started as `npm start` does: its options are part of what is measured.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import process from "node:process";

export interface ServiceProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** From the start of the process to the first response. */
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

/** The options and the file that `npm start` passes to node. */
function startArguments(): string[] {
  const file = new URL("../package.json", import.meta.url);
  const { scripts } = JSON.parse(readFileSync(file, "utf8")) as { scripts: { start: string } };
  const [, words] = scripts.start.split(" node ");
  if (words === undefined) throw new Error("the start script is expected to end with: node [options] file");
  return words.split(" ");
}

/** Starts the built service in front of an upstream on loopback; resolves after its first response. */
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
    // The service writes its log lines, but this process does not spend time on them.
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  while ((await fetchStatus(`${url}/health/live`)) !== 200) {
    if (child.exitCode !== null) throw new Error("the service ended before it responded: run `npm run build`");
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

/** The CPU time of the process, user and system, in seconds; undefined if there is no /proc. */
export function cpuSeconds({ pid }: ChildProcess): number | undefined {
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
