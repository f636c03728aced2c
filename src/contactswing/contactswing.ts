import { createAdmission, type Lane } from "./admission.ts";
import { type BreakerState, createCircuitBreaker } from "./circuit-breaker.ts";
import { type Client, createClient } from "./client.ts";
import type { UpstreamObserver } from "./observer.ts";
import { createTransport, type TransportSettings } from "./transport.ts";

export interface ContactSwingSettings extends TransportSettings {
  readonly maxInFlight: number;
  readonly maxInFlightPerCaller: number;
  readonly userAgent: string;
  readonly observer: UpstreamObserver;
  readonly onBreakerChange: (lane: Lane, state: "open" | "closed") => void;
}

/** ContactSwing, as all requests of this process share it. */
export interface ContactSwing {
  readonly client: Client;
  /** The most reads that one caller can have in flight. */
  readonly maxReadsPerCaller: number;
  breakerState(lane: Lane): BreakerState;
  /** Closes every connection: requests in flight end as lost. */
  close(): void;
}

/** Connects the parts of this folder. */
export function createContactSwing(settings: ContactSwingSettings): ContactSwing {
  const { maxInFlight, maxInFlightPerCaller, userAgent, observer, onBreakerChange } = settings;
  const transport = createTransport(settings);
  const createBreaker = (lane: Lane) =>
    createCircuitBreaker(
      () => performance.now(),
      (state) => onBreakerChange(lane, state),
    );
  const admission = createAdmission({
    maxInFlight,
    maxInFlightPerCaller,
    breakers: { reads: createBreaker("reads"), writes: createBreaker("writes") },
  });
  const host = new URL(settings.baseUrl).hostname;
  return {
    client: createClient({ transport, admission, observer, host, userAgent }),
    maxReadsPerCaller: admission.maxReadsPerCaller,
    breakerState: admission.breakerState,
    close: transport.destroy,
  };
}
