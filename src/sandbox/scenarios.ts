import type { FailureKind } from "../failures/failure.ts";
import { type Behavior, detail, json, page, text } from "./behavior.ts";

/** A failure on demand: what the sandbox does, and what the service makes of it. */
export interface Scenario {
  /** What the sandbox does, for the documentation and the playground. */
  readonly happens: string;
  readonly behavior: Behavior;
  /** Whether an action is stored, although the response does not say so. */
  readonly stores?: true;
  /** The failure of a create request; `created` if it succeeds. */
  readonly create: FailureKind | "created";
  /** The failure of a read; `found` if it succeeds, `null` if the action counts as not found. */
  readonly read: FailureKind | "found" | "null";
  /** The failure of the list, where it is not that of a read. */
  readonly list?: FailureKind;
}

const brokenField = { mandatory: true, sync_data: true };
const createdData = { action_id: "sandbox:example", name: "Sandbox example", type: "SINGLEDATAEXTRACTION" };

/**
 * The failures that the sandbox plays on demand, like the test cards of a payment provider. This table drives the
 * sandbox, `docs/sandbox.md`, the playground's picker and the tests. Bodies are FastAPI's and Cloud Run's own.
 */
export const scenarios = {
  "sandbox:400": {
    happens: "400 with a text",
    behavior: detail(400, "Invalid webhook configuration: sync_field is not a field of customers"),
    create: "input-rejected",
    read: "input-rejected",
  },
  "sandbox:400-page": {
    happens: "400 as an HTML page of a proxy",
    behavior: page(400, "Bad Request", "Request Header Or Cookie Too Large"),
    create: "request-rejected",
    read: "request-rejected",
  },
  "sandbox:422": {
    happens: "422 with a list of problems",
    behavior: detail(422, [
      { type: "missing", loc: ["body", "webhook", "sync_field"], msg: "Field required", input: brokenField },
      {
        type: "literal_error",
        loc: ["body", "webhook", "type"],
        msg: "Input should be 'yes/no'",
        input: "maybe",
        ctx: { expected: "'yes/no'" },
      },
    ]),
    create: "input-rejected",
    read: "input-rejected",
    list: "bad-response",
  },
  "sandbox:422-union": {
    happens: "422 whose locations name models and validators",
    behavior: detail(422, [
      { type: "missing", loc: ["body", "Data", "webhook", "sync_field"], msg: "Field required", input: brokenField },
      {
        type: "value_error",
        loc: ["body", "Data", "webhook", "function-after[check(), Webhook]", "sync_module"],
        msg: "Value error, unknown module",
        input: "contacts",
      },
    ]),
    create: "input-rejected",
    read: "input-rejected",
    list: "bad-response",
  },
  "sandbox:401": {
    happens: "401 `Invalid token`",
    behavior: detail(401, "Invalid token", { "www-authenticate": "Bearer" }),
    create: "token-rejected",
    read: "token-rejected",
  },
  "sandbox:401-403": {
    happens: "403 `Not authenticated`, as in older versions of FastAPI",
    behavior: detail(403, "Not authenticated"),
    create: "token-rejected",
    read: "token-rejected",
  },
  "sandbox:401-422": {
    happens: "422 about the `Authorization` header",
    behavior: detail(422, [{ type: "missing", loc: ["header", "authorization"], msg: "Field required", input: null }]),
    create: "token-rejected",
    read: "token-rejected",
  },
  "sandbox:403": {
    happens: "403 as JSON",
    behavior: detail(403, "Your role may not manage actions"),
    create: "forbidden",
    read: "forbidden",
  },
  "sandbox:403-page": {
    happens: "403 as an HTML page of Cloud Run",
    behavior: page(403, "Forbidden", "Your client does not have permission to get URL <code>/v2/_actions</code>."),
    create: "request-rejected",
    read: "request-rejected",
  },
  "sandbox:404": {
    happens: "404 as JSON",
    behavior: detail(404, "Action not found"),
    create: "request-rejected",
    read: "null",
    list: "request-rejected",
  },
  "sandbox:404-path": {
    happens: "404 as JSON for an unknown path, as with a wrong `CONTACTSWING_URL`",
    behavior: detail(404, "Not Found"),
    create: "request-rejected",
    read: "null",
    list: "request-rejected",
  },
  "sandbox:404-page": {
    happens: "404 as an HTML page of Cloud Run",
    behavior: page(404, "Page not found", "The requested URL was not found on this server."),
    create: "request-rejected",
    read: "request-rejected",
  },
  "sandbox:307": {
    happens: "307, a redirect that is not followed",
    behavior: { ...text(307, ""), headers: { location: "/v2/_actions/" } },
    create: "request-rejected",
    read: "request-rejected",
  },
  "sandbox:408": {
    happens: "408, after which the request may have been processed",
    behavior: text(408, "stream timeout"),
    create: "response-ambiguous",
    read: "response-ambiguous",
  },
  "sandbox:409": {
    happens: "409, because the name exists",
    behavior: detail(409, "An action with this name already exists"),
    create: "conflict",
    read: "conflict",
  },
  "sandbox:429": {
    happens: "429 with `Retry-After: 5`",
    behavior: detail(429, "Too Many Requests", { "retry-after": "5" }),
    create: "rate-limited",
    read: "rate-limited",
  },
  "sandbox:429-text": {
    happens: "429 without `Retry-After`",
    behavior: text(429, "Rate exceeded."),
    create: "rate-limited",
    read: "rate-limited",
  },
  "sandbox:429-cut": {
    happens: "429 and half of the body, then the connection is closed",
    behavior: { kind: "partial", status: 429, end: "close" },
    create: "rate-limited",
    read: "rate-limited",
  },
  "sandbox:500": {
    happens: "500 as plain text",
    behavior: text(500, "Internal Server Error"),
    create: "server-error",
    read: "server-error",
  },
  "sandbox:500-stored": {
    happens: "500 as plain text, after the action was stored",
    behavior: text(500, "Internal Server Error"),
    stores: true,
    create: "server-error",
    read: "server-error",
  },
  "sandbox:502": {
    happens: "502 as an HTML page of Cloud Run",
    behavior: page(
      502,
      "Server Error",
      "The server encountered a temporary error and could not complete your request.",
    ),
    create: "server-error",
    read: "server-error",
  },
  "sandbox:503": {
    happens: "503 of Cloud Run",
    behavior: text(
      503,
      "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
    ),
    create: "server-error",
    read: "server-error",
  },
  "sandbox:504": {
    happens: "504 of Cloud Run",
    behavior: text(504, "upstream request timeout"),
    create: "server-error",
    read: "server-error",
  },
  "sandbox:reset": {
    happens: "the connection is reset after the request was sent",
    behavior: { kind: "reset" },
    create: "connection-lost",
    read: "connection-lost",
  },
  "sandbox:timeout": {
    happens: "no response; the service waits for `UPSTREAM_TIMEOUT_MS`",
    behavior: { kind: "hang" },
    create: "timeout",
    read: "timeout",
  },
  "sandbox:201-timeout": {
    happens: "201 and half of the body, then nothing",
    behavior: { kind: "partial", status: 201, end: "hang" },
    stores: true,
    create: "timeout-after-success",
    read: "timeout",
  },
  "sandbox:201-cut": {
    happens: "201 and half of the body, then the connection is closed",
    behavior: { kind: "partial", status: 201, end: "close" },
    stores: true,
    create: "bad-response-after-success",
    read: "bad-response",
  },
  "sandbox:201-no-id": {
    happens: "201 without the action's ID",
    behavior: json(201, { ctx_id: "sandbox", data: { type: "SINGLEDATAEXTRACTION" } }),
    stores: true,
    create: "bad-response-after-success",
    read: "bad-response",
  },
  "sandbox:201-huge": {
    happens: "201 with a body over 1 MiB",
    behavior: json(201, { ctx_id: "sandbox", data: createdData, message: "x".repeat(1024 * 1024) }),
    stores: true,
    create: "bad-response-after-success",
    read: "bad-response",
  },
  "sandbox:200-page": {
    happens: "200 with a web page instead of JSON",
    behavior: page(200, "Maintenance", "We will be back soon."),
    create: "bad-response",
    read: "bad-response",
  },
  "sandbox:no-ctx-id": {
    happens: "success without `ctx_id`",
    behavior: { kind: "no-ctx-id" },
    create: "created",
    read: "found",
  },
  "sandbox:empty": {
    happens: "success with an empty list",
    behavior: { kind: "empty" },
    create: "created",
    read: "found",
  },
  "sandbox:slow": {
    happens: "success after 3 seconds",
    behavior: { kind: "delay" },
    create: "created",
    read: "found",
  },
  "sandbox:outage": {
    happens: "success, then connections are refused for 10 seconds",
    behavior: { kind: "outage" },
    create: "created",
    read: "found",
  },
} as const satisfies Readonly<Record<`sandbox:${string}`, Scenario>>;

/** Finds the scenario that a value names, e.g. `sandbox:429`. */
export function findScenario(value: string): Scenario | undefined {
  return Object.hasOwn(scenarios, value) ? scenarios[value as keyof typeof scenarios] : undefined;
}

/** Reads which scenario a request ID or the end of a token names: `sandbox-429` is `sandbox:429`, `.<anything>` may follow. */
export function readSelector(text: string): string | undefined {
  const name = /^sandbox-([\w-]+)(?:\.|$)/.exec(text)?.[1];
  return name === undefined ? undefined : `sandbox:${name}`;
}
