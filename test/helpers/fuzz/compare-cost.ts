import type { CostMeter } from "./cost-meter.ts";

export interface Comparison {
  /** In ordinary requests of the same time, less one for each request to ContactSwing. */
  readonly cost: number;
  readonly cpuMs: number;
  readonly upstreamRequests: number;
  readonly fault?: string;
}

/**
 * What requests that differ only in a salt cost, compared with an ordinary one. The minimum of several repetitions is
 * without garbage collection and compilation.
 * @param render returns the bytes for the next salt.
 */
export async function compareCost(
  meter: CostMeter,
  render: () => Uint8Array,
  repetitions: number,
): Promise<Comparison> {
  let ordinaryMs = Number.POSITIVE_INFINITY;
  let cpuMs = Number.POSITIVE_INFINITY;
  let upstreamRequests = 0;
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    ordinaryMs = Math.min(ordinaryMs, (await meter.measureOrdinary()).cpuMs);
    const measured = await meter.measure(render());
    cpuMs = Math.min(cpuMs, measured.cpuMs);
    upstreamRequests = Math.max(upstreamRequests, measured.upstreamRequests);
    if (measured.fault !== undefined)
      return { cost: cpuMs / ordinaryMs, cpuMs, upstreamRequests, fault: measured.fault };
  }
  return { cost: cpuMs / ordinaryMs - upstreamRequests, cpuMs, upstreamRequests };
}
