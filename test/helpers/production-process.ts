import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { eventually, watchProcess } from "./process.ts";

const root = new URL("../../", import.meta.url).pathname;
const reporter = new URL("report-cpu-time.mjs", import.meta.url).pathname;

/** The options of Node.js in `npm start`. */
function readStartOptions(): string[] {
  const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { scripts: { start: string } };
  const options = / node (.+) dist\/start\.cjs$/.exec(scripts.start)?.[1];
  if (options === undefined) throw new Error(`cannot read the options of: ${scripts.start}`);
  return options.split(" ");
}

export type ProductionProcess = Awaited<ReturnType<typeof startProductionProcess>>;

/** The built service in production, as `npm start` starts it, once it listens; its CPU time can be read. */
export async function startProductionProcess(environment: Record<string, string>, entry = `${root}dist/start.cjs`) {
  const child = spawn(process.execPath, [...readStartOptions(), `--import=${reporter}`, entry], {
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
