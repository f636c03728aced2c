import type { FailureKind } from "../failures/failure.ts";
import type { scenarios } from "./scenarios.ts";

/** The failures that a scenario causes by itself. */
export type PlayedKind = Exclude<(typeof scenarios)[keyof typeof scenarios]["create"], "created">;

/**
 * How to cause the failures that no single response of ContactSwing causes, for the documentation. Every failure kind has
 * a scenario or a recipe; the compiler checks it.
 */
export const recipes = {
  "token-missing": "Send no `Authorization` header, or two.",
  "input-invalid": 'Break a rule: `name: " "` or `webhook: { syncData: true }`.',
  "variable-invalid": 'Give a variable a value of another type: `{ "input": { "name": 7, "webhook": {} } }`.',
  unreachable: "Create or read `sandbox:outage`; then send any request within 10 seconds.",
  "circuit-open":
    "Create or read `sandbox:outage`; then send 20 upstream requests within 10 seconds, e.g. two operations that read " +
    "ten IDs each; then any request.",
  overloaded:
    "Start the service with `MAX_IN_FLIGHT=1`; create or read `sandbox:slow`, and meanwhile send any other request.",
  "idempotency-key-reused": "Create with an `idempotencyKey`; then with the same key and another `name`.",
  "outcome-unknown": "Create `sandbox:500` with an `idempotencyKey`; then send the same request again.",
  "outcome-unknown-after-created":
    "Create `sandbox:201-no-id` with an `idempotencyKey`; then send the same request again.",
  "idempotency-unavailable":
    "Start the service with `REDIS_URL=redis://127.0.0.1:1`; then create with an `idempotencyKey`.",
  "not-found-after-created": "Create `sandbox:details-404` and select `isActive`.",
  "token-invalid": "Start the service with `JWKS_URL`; then send a token that those keys did not sign.",
  "keys-unavailable": "Start the service with `JWKS_URL=http://127.0.0.1:1/keys`; then send any request.",
  bug: "Not on demand: it would be a bug of the service. To a user interface it is another `UNKNOWN`, like `sandbox:500`.",
} as const satisfies Readonly<Record<Exclude<FailureKind, PlayedKind>, string>>;
