import type { Shortage } from "../memory/byte-collector.ts";
import type { Memory } from "../memory/memory-budget.ts";

export type RestMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface TransportRequest {
  readonly method: RestMethod;
  /** With query string. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the exchange as `aborted`. */
  readonly signal: AbortSignal;
  /** Whether the signal no longer counts once the request has been sent. */
  readonly mustFinish: boolean;
  /** For the response, until the caller of the transport gives it back. */
  readonly memory: Memory;
}

export interface ResponseHead {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
}

export interface TransportResponse extends ResponseHead {
  /** The decoded text; empty if it was not read to its end. */
  readonly body: string;
  /** Why the body was not read to its end: it is too large, or there is no memory for it. */
  readonly shortage?: Shortage;
}

/**
 * How one exchange with ContactSwing ended. `no-connection` means that no byte of the request was sent, because there
 * was no TCP connection or no TLS session; with a `head`, the head of the response had been received. `aborted` means
 * that the signal ended it, in the case of `mustFinish` before anything was sent.
 */
export type Exchange =
  | { readonly kind: "response"; readonly response: TransportResponse }
  | { readonly kind: "no-connection"; readonly phase: "tcp" | "tls"; readonly networkErrorCode: string }
  | LostExchange
  | { readonly kind: "aborted" };

/** An exchange whose request was sent, and whose response did not arrive completely. */
export interface LostExchange {
  readonly kind: "connection-lost" | "timeout";
  readonly head?: ResponseHead;
  readonly networkErrorCode: string;
}
