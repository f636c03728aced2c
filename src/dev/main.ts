// `npm run dev`: the service and, unless CONTACTSWING_URL is set, a sandbox. Each is a process that restarts when a file
// that it loads is saved, so the sandbox keeps the actions that were created while only the service's code changes.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { readConfig, sandboxVariable } from "../config.ts";

const retryMs = 50;

/** Finds what no saved file can repair: invalid settings and ports in use. Returns a port that is free. */
async function checkSettings(environment: NodeJS.ProcessEnv): Promise<number> {
  const { port, metricsPort, host } = readConfig(environment);
  await findFreePort(port, host);
  if (metricsPort !== undefined) await findFreePort(metricsPort, host);
  return findFreePort(0, "127.0.0.1");
}

async function findFreePort(port: number, host: string): Promise<number> {
  const server = createServer().listen(port, host);
  await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EADDRINUSE" ? new Error(`The service cannot start: port ${port} is already in use.`) : error;
  });
  const { port: free } = server.address() as { readonly port: number };
  await once(server.close(), "close");
  return free;
}

function watch(file: string, env: NodeJS.ProcessEnv): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const options = ["--import", "tsx", "--watch", "--watch-preserve-output"];
  return spawn(process.execPath, [...options, path], { env, stdio: "inherit" });
}

async function waitUntilListening(url: string): Promise<void> {
  const isListening = () =>
    fetch(url).then(
      () => true,
      () => false,
    );
  while (!(await isListening())) await delay(retryMs);
}

async function run(environment: NodeJS.ProcessEnv): Promise<void> {
  const sandboxPort = await checkSettings(environment);
  const children: ChildProcess[] = [];
  const stop = () => {
    for (const child of children) child.kill("SIGTERM");
  };
  process.on("SIGTERM", stop);
  // Ctrl-C reaches the whole process group.
  process.on("SIGINT", () => undefined);

  const withUpstream = { ...environment };
  if (!environment.CONTACTSWING_URL?.trim()) {
    withUpstream.CONTACTSWING_URL = `http://127.0.0.1:${sandboxPort}`;
    withUpstream[sandboxVariable] = "true";
    children.push(watch("sandbox.ts", withUpstream));
    await waitUntilListening(withUpstream.CONTACTSWING_URL);
  }
  const service = watch("service.ts", withUpstream);
  children.push(service);
  const [code] = await once(service, "exit");
  stop();
  process.exitCode = code ?? 0;
}

run({ ...process.env, HOST: process.env.HOST?.trim() || "127.0.0.1" }).catch(({ message }) => {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
});
