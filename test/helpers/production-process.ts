import { spawn } from "node:child_process";
import { once } from "node:events";
import { eventually, startOptions, watchProcess } from "./process.ts";

const root = new URL("../../", import.meta.url).pathname;
const reporter = new URL("report-cpu-time.mjs", import.meta.url).pathname;

export type ProductionProcess = Awaited<ReturnType<typeof startProductionProcess>>;

/** The built service in production, as `npm start` starts it, once it listens; its CPU time can be read. */
export async function startProductionProcess(environment: Record<string, string>, entry = `${root}dist/start.cjs`) {
  const child = spawn(process.execPath, [...startOptions, `--import=${reporter}`, entry], {
    env: { HOST: "127.0.0.1", PORT: "0", NODE_ENV: "production", ...environment },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const run = watchProcess(child);
  const url = await eventually(() => /"service.address":"([^"]+)"/.exec(run.output())?.[1], "the start line");
  return {
    ...run,
    url,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    /** All of the CPU time that the process has used, in milliseconds. */
    async readCpuMs(): Promise<number> {
      const report = once(child, "message");
      child.send("report");
      const [{ user, system }] = (await report) as [NodeJS.CpuUsage];
      return (user + system) / 1000;
    },
  };
}
