import { readFileSync } from "node:fs";
import { eventually, type Run, startProcess } from "./process.ts";

export interface Memory {
  /** What a full garbage collection leaves: the heap, and buffers outside of it. */
  readonly survivingBytes: number;
  readonly residentBytes: number;
}

export interface MeasuredProcess extends Run {
  readonly url: string;
  /** Collects all garbage in the process and measures what is left. */
  readonly measure: () => Promise<Memory>;
  /** The most that was ever resident. */
  readonly peakResidentBytes: () => number;
}

const preload = new URL("collect-garbage.mjs", import.meta.url).pathname;
// Of the production start command, what bounds the heap.
const heapOptions = "--max-old-space-size=224 --max-semi-space-size=8";

/** The built service as its own process, with the heap of production, whose memory can be measured. */
export async function startMeasuredProcess(environment: Record<string, string>): Promise<MeasuredProcess> {
  const run = await startProcess({ NODE_OPTIONS: `${heapOptions} --import=${preload}`, ...environment });
  const readReports = () => run.errors().match(/^memory .*$/gm) ?? [];

  return {
    ...run,
    async measure() {
      const { length } = readReports();
      run.child.kill("SIGUSR2");
      const report = await eventually(() => {
        if (run.child.exitCode !== null || run.child.signalCode !== null) throw new Error("the service has crashed");
        return readReports()[length];
      });
      const { heapUsed, external, rss } = JSON.parse(report.slice("memory ".length)) as NodeJS.MemoryUsage;
      return { survivingBytes: heapUsed + external, residentBytes: rss };
    },
    peakResidentBytes() {
      const status = readFileSync(`/proc/${run.child.pid}/status`, "utf8");
      return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024;
    },
  };
}
