import { readFileSync } from "node:fs";
import { eventually, startProcess } from "./process.ts";

const preload = new URL("collect-garbage.mjs", import.meta.url).pathname;

/** The built service as its own process, whose memory can be measured. */
export async function startMeasuredProcess(environment: Record<string, string>) {
  const run = await startProcess({ NODE_OPTIONS: `--import=${preload}`, ...environment });
  const readReports = () => run.errors().match(/^memory .*$/gm) ?? [];

  return {
    ...run,
    /** Collects all garbage in the process. @returns the bytes that are left, in the heap and in buffers outside of it. */
    async measure(): Promise<number> {
      const { length } = readReports();
      run.child.kill("SIGUSR2");
      const report = await eventually(() => {
        if (run.child.exitCode !== null || run.child.signalCode !== null) throw new Error("the service has crashed");
        return readReports()[length];
      });
      const { heapUsed, external } = JSON.parse(report.slice("memory ".length)) as NodeJS.MemoryUsage;
      return heapUsed + external;
    },
    /** The most that was ever resident. */
    peakResidentBytes() {
      const status = readFileSync(`/proc/${run.child.pid}/status`, "utf8");
      return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024;
    },
  };
}
