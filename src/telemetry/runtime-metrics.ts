import { performance } from "node:perf_hooks";
import { watchEventLoopDelay } from "./event-loop-delay.ts";
import { Counter, Gauge, Histogram, type Registry } from "./prometheus.ts";

/** What of the process is read at each scrape. */
export type ProcessUsage = Pick<NodeJS.Process, "memoryUsage" | "cpuUsage" | "uptime" | "version">;

const microsecondsPerSecond = 1e6;

/**
 * Event loop, memory and processor time under their customary names, read when somebody asks; only the delay of the
 * event loop is measured all the time.
 * @returns what ends the monitoring.
 */
export function registerRuntimeMetrics(registry: Registry, process: ProcessUsage): () => void {
  const registers = [registry];

  const delays = new Histogram({
    name: "nodejs_eventloop_delay_seconds",
    help: "How late the event loop came to a timer that is due every 50 ms.",
    buckets: [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5],
    registers,
  });
  new Counter({
    name: "nodejs_eventloop_time_seconds_total",
    help: "Time that the event loop was active or idle; the active share is its utilization.",
    labelNames: ["state"],
    registers,
    collect() {
      const { active, idle } = performance.eventLoopUtilization();
      this.reset();
      this.inc({ state: "active" }, active / 1000);
      this.inc({ state: "idle" }, idle / 1000);
    },
  });
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Resident memory.",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: "nodejs_memory_bytes",
    help: "V8's heap and what lies outside of it.",
    labelNames: ["kind"],
    registers,
    collect() {
      const { heapTotal, heapUsed, external } = process.memoryUsage();
      this.set({ kind: "heap_total" }, heapTotal);
      this.set({ kind: "heap_used" }, heapUsed);
      this.set({ kind: "external" }, external);
    },
  });
  new Counter({
    name: "process_cpu_seconds_total",
    help: "Processor time, user and system.",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / microsecondsPerSecond);
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "When the process started, in seconds since the epoch.",
    registers,
  }).set(Date.now() / 1000 - process.uptime());

  return watchEventLoopDelay((delayMs) => delays.observe(delayMs / 1000));
}
