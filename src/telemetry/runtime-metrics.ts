import { performance } from "node:perf_hooks";
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

let processMetrics: Registry | undefined;

/** prom-client's metrics of the process: once for all of its services, because what observes them is never removed. */
export function collectProcessMetrics(): Registry {
  if (processMetrics === undefined) {
    processMetrics = new Registry();
    collectDefaultMetrics({ register: processMetrics });
  }
  return processMetrics;
}

/**
 * What prom-client does not have: how busy the event loop is, and how late timers fire.
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
  const delays = new Histogram({
    name: "nodejs_eventloop_delay_seconds",
    help: "How late a timer fired that is due every 50 ms.",
    buckets: [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2.5],
    registers,
  });
  return (delayMs) => delays.observe(delayMs / 1000);
}
