import { performance } from "node:perf_hooks";
import process from "node:process";
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

const microsecondsPerSecond = 1e6;

/**
 * Event loop, memory, and CPU time under their customary names, read when they are scraped.
 * @returns records how late a timer fired, in milliseconds.
 */
export function createRuntimeMetrics(registry: Registry): (delayMs: number) => void {
  const registers = [registry];

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
    help: "V8's heap, and the memory outside of it.",
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
    help: "CPU time, user and system.",
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

  const delays = new Histogram({
    name: "nodejs_eventloop_delay_seconds",
    help: "How late a timer fired that is due every 50 ms.",
    buckets: [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5],
    registers,
  });
  return (delayMs) => delays.observe(delayMs / 1000);
}
