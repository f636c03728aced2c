import type { FailureKind } from "../failures/failure.ts";
import type { scenarios } from "./scenarios.ts";

/** The failures that one call to the sandbox with a magic value brings about. */
export type PlayedKind = Exclude<(typeof scenarios)[keyof typeof scenarios]["create"], "created">;

/**
 * How to bring about the failures that do not come from one answer of ContactSwing: calls or settings of the service,
 * for the documentation. Every failure kind has a scenario or a recipe; the compiler sees to it.
 */
export const recipes = {
  "token-missing": "Send no `Authorization` header, or two.",
  "input-invalid": 'Break a rule, with `name: " "` or `webhook: { syncData: true }`.',
  "variable-invalid": 'Give a variable a value of another type: `{ "input": { "name": 7, "webhook": {} } }`.',
  unreachable: "Create or read `sandbox:outage`; then any call, for 10 seconds.",
  "circuit-open":
    "Create or read `sandbox:outage`; then 20 calls within 10 seconds, e.g. two operations that read ten ids each; " +
    "then any call.",
  overloaded: "Start the service with `MAX_IN_FLIGHT=1`; create or read `sandbox:slow`, and meanwhile any other call.",
  "idempotency-key-reused": "Create with an `idempotencyKey`; then with the same key and another `name`.",
  "outcome-unknown": "Create `sandbox:500` with an `idempotencyKey`; then the same call again.",
  "outcome-unknown-after-created": "Create `sandbox:201-no-id` with an `idempotencyKey`; then the same call again.",
  "idempotency-unavailable":
    "Start the service with `REDIS_URL=redis://127.0.0.1:1`; then any create with an `idempotencyKey`.",
  "token-invalid": "Start the service with `JWKS_URL`; then any call with a token that those keys did not sign.",
  "keys-unavailable": "Start the service with `JWKS_URL=http://127.0.0.1:1/keys`; then any call.",
  "not-found-after-created": "none yet",
  bug: "Nothing brings it about on demand: it would be a bug of the service. For a user interface it is another `UNKNOWN`, as `sandbox:500`.",
} as const satisfies Readonly<Record<Exclude<FailureKind, PlayedKind>, string>>;
