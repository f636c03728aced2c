import type { Effect } from "../failures/effect.ts";
import { type CapacityLimit, type Failure, overloaded } from "../failures/failure.ts";
import { limits } from "../limits.ts";
import type { BreakerState, CircuitBreaker, Finding } from "./circuit-breaker.ts";

/** Reads and writes have a circuit breaker each, because reads that fail do not stop create requests that succeed. */
export const lanes = ["reads", "writes"] as const;
export type Lane = (typeof lanes)[number];

export interface AdmissionSettings {
  readonly maxInFlight: number;
  readonly maxInFlightPerCaller: number;
  readonly breakers: Readonly<Record<Lane, CircuitBreaker>>;
}

/** An upstream request that must not be sent now. */
export interface Rejection {
  readonly limit: CapacityLimit;
  readonly failure: Failure;
}

/** Must be called exactly once, when an admitted request has ended. */
export type Release = (finding: Finding) => void;

export interface Admission {
  admit(effect: Effect, callerId: string): Release | Rejection;
  /** The most reads that one caller can have in flight. */
  readonly maxReadsPerCaller: number;
  breakerState(lane: Lane): BreakerState;
}

/**
 * Decides which upstream requests are sent: not while the circuit breaker is open, not more than `maxInFlight` at once,
 * and no more than its share for one caller and for reads, so that neither can use up the capacity of the others.
 */
export function createAdmission({ maxInFlight, maxInFlightPerCaller, breakers }: AdmissionSettings): Admission {
  const maxReads = Math.max(1, Math.floor(maxInFlight * limits.upstream.readShare));
  const inFlightByCaller = new Map<string, number>();
  let inFlight = 0;
  let readsInFlight = 0;

  function findLimit(isRead: boolean, callerInFlight: number): CapacityLimit | undefined {
    if (inFlight >= maxInFlight) return "max-in-flight";
    if (callerInFlight >= maxInFlightPerCaller) return "max-in-flight-per-caller";
    return isRead && readsInFlight >= maxReads ? "max-reads" : undefined;
  }

  return {
    maxReadsPerCaller: Math.min(maxReads, maxInFlightPerCaller),
    breakerState: (lane) => breakers[lane].state,
    admit(effect, callerId) {
      const isRead = effect === "read";
      const callerInFlight = inFlightByCaller.get(callerId) ?? 0;
      const limit = findLimit(isRead, callerInFlight);
      if (limit !== undefined) return { limit, failure: overloaded(limit) };
      const [own, other] = isRead ? [breakers.reads, breakers.writes] : [breakers.writes, breakers.reads];
      const permit = own.admit(callerId);
      if ("retryAfterSeconds" in permit) return { limit: "circuit-open", failure: { kind: "circuit-open", ...permit } };

      inFlight += 1;
      if (isRead) readsInFlight += 1;
      inFlightByCaller.set(callerId, callerInFlight + 1);
      return (finding) => {
        inFlight -= 1;
        if (isRead) readsInFlight -= 1;
        const left = (inFlightByCaller.get(callerId) ?? 1) - 1;
        if (left === 0) inFlightByCaller.delete(callerId);
        else inFlightByCaller.set(callerId, left);
        permit.report(finding);
        // No connection: reads and writes are affected alike.
        if (finding === "unreachable") other.countUnreachable();
      };
    },
  };
}
