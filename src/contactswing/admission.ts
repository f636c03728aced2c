import { overloaded } from "../failures/failure.ts";
import type { Availability, CircuitBreaker } from "./circuit-breaker.ts";
import type { Effect } from "./rest-operation.ts";

/** Why a request was not sent. */
export type ShedReason = "overloaded" | "circuit-open";

export interface AdmissionSettings {
  readonly maxInFlight: number;
  readonly maxInFlightPerCaller: number;
  readonly breaker: CircuitBreaker;
}

/** An upstream request that must not be sent now. */
export interface Rejection {
  readonly kind: ShedReason;
  readonly retryAfterSeconds: number;
}

/** Must be called exactly once, when an admitted request has ended. */
export type Release = (availability: Availability) => void;

export interface Admission {
  admit(effect: Effect, callerId: string): Release | Rejection;
  /** The most reads that one caller can have in flight. */
  readonly maxReadsPerCaller: number;
}

/** The share of `maxInFlight` that reads may use; the rest is reserved for create requests. */
const readShare = 0.75;

/**
 * Decides which upstream requests are sent: not while the circuit breaker is open, not more than `maxInFlight` at once,
 * and no more than its share for one caller and for reads, so that neither can use up the capacity of the others.
 */
export function createAdmission(settings: AdmissionSettings): Admission {
  const { maxInFlight, maxInFlightPerCaller, breaker } = settings;
  const maxReads = Math.max(1, Math.floor(maxInFlight * readShare));
  const inFlightByCaller = new Map<string, number>();
  let inFlight = 0;
  let readsInFlight = 0;

  return {
    maxReadsPerCaller: Math.min(maxReads, maxInFlightPerCaller),
    admit(effect, callerId) {
      const ofCaller = inFlightByCaller.get(callerId) ?? 0;
      const isRead = effect === "read";
      if (inFlight >= maxInFlight || ofCaller >= maxInFlightPerCaller || (isRead && readsInFlight >= maxReads)) {
        return overloaded;
      }
      const permit = breaker.admit();
      if ("retryAfterSeconds" in permit) return { kind: "circuit-open", ...permit };

      inFlight += 1;
      if (isRead) readsInFlight += 1;
      inFlightByCaller.set(callerId, ofCaller + 1);
      return (availability) => {
        inFlight -= 1;
        if (isRead) readsInFlight -= 1;
        const left = (inFlightByCaller.get(callerId) ?? 1) - 1;
        if (left === 0) inFlightByCaller.delete(callerId);
        else inFlightByCaller.set(callerId, left);
        permit.report(availability);
      };
    },
  };
}
