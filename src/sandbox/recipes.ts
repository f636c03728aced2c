import type { FailureKind } from "../failures/failure.ts";
import type { scenarios } from "./scenarios.ts";

/** The failures that a scenario causes by itself. */
export type PlayedKind = Exclude<(typeof scenarios)[keyof typeof scenarios]["create"], "created">;

/**
 * How to cause the failures that no single response of ContactSwing causes, for the documentation. Every failure kind has
 * a scenario or a recipe; the compiler checks it.
 */
export const recipes = {
  "token-missing": "Send no `Authorization` header.",
  "input-invalid": 'Create an action with the name `" "`.',
  "variable-invalid": 'Send the variables `{ "input": { "name": 7, "webhook": {} } }`.',
  unreachable: "Read `sandbox:outage`; then send any request within 10 seconds.",
  "circuit-open": "Read `sandbox:outage`, then 20 IDs within 10 seconds, ten in each operation; then send any request.",
  "deadline-exceeded": "Start the service with `REQUEST_TIMEOUT_MS=1000`; then read `sandbox:slow`.",
  "response-too-large": "Select `description` a hundred times, by aliases, of an action whose description is long.",
  overloaded: "Start the service with `MAX_IN_FLIGHT=1`; read `sandbox:slow`, and meanwhile send another request.",
  "idempotency-key-reused": "Create with an `idempotencyKey`; then with the same key and another `name`.",
  "outcome-unknown": "Create `sandbox:500` with an `idempotencyKey`; then the same again.",
  "outcome-unknown-after-success": "Create `sandbox:201-no-id` with an `idempotencyKey`; then the same again.",
  "idempotency-unavailable":
    "Start the service with `REDIS_URL=redis://127.0.0.1:1`; then create with an `idempotencyKey`.",
  "not-found-after-success": "Create `sandbox:details-404` and select `isActive`.",
  "token-invalid": "Start the service with `JWKS_URL`; then send the demo token.",
  "keys-unavailable": "Start the service with `JWKS_URL=http://127.0.0.1:1/keys`; then send any request.",
  bug: "Not on demand, because it is a bug.",
} as const satisfies Readonly<Record<Exclude<FailureKind, PlayedKind>, string>>;
