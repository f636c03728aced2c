import type { FailureKind } from "../failures/failure.ts";
import { type Act, detail, json, page, text } from "./act.ts";

/** Everything that follows from a magic value: the `name` of a create, or the `id` of a read. */
export interface Scenario {
  /** What the sandbox does, for the documentation. */
  readonly happens: string;
  readonly act: Act;
  /** The failure that the service makes of a create with it; `created` when it succeeds. */
  readonly create: FailureKind | "created";
  /** The same of a read of this id; without it there is no action of this id, and a read is null. */
  readonly read?: FailureKind | "found";
}

const brokenField = { mandatory: true, sync_data: true };
const createdData = { action_id: "sandbox:example", name: "Sandbox example", type: "SINGLEDATAEXTRACTION" };

/**
 * The one table of what the sandbox plays on demand, as payment providers' test cards do. It drives the sandbox,
 * `docs/sandbox.md`, the playground's example and the tests. Bodies are the framework's and the platform's own.
 */
export const scenarios = {
  "sandbox:400": {
    happens: "400: the webhook's configuration is refused with a text",
    act: detail(400, "Invalid webhook configuration: sync_field is not a field of customers"),
    create: "input-rejected",
  },
  "sandbox:422": {
    happens: "422 with pydantic's list of problems",
    act: detail(422, [
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
  },
  "sandbox:401": {
    happens: "401: the token is not accepted",
    act: detail(401, "Invalid token", { "www-authenticate": "Bearer" }),
    create: "token-rejected",
    read: "token-rejected",
  },
  "sandbox:401-403": {
    happens: "403 `Not authenticated`: FastAPI's bearer check before version 0.122",
    act: detail(403, "Not authenticated"),
    create: "token-rejected",
    read: "token-rejected",
  },
  "sandbox:401-422": {
    happens: "422 about the `Authorization` header",
    act: detail(422, [{ type: "missing", loc: ["header", "authorization"], msg: "Field required", input: null }]),
    create: "token-rejected",
    read: "token-rejected",
  },
  "sandbox:403": {
    happens: "403: the caller lacks the right",
    act: detail(403, "Your role may not manage actions"),
    create: "forbidden",
    read: "forbidden",
  },
  "sandbox:403-page": {
    happens: "403 as a page of the hosting platform",
    act: page(403, "Forbidden", "Your client does not have permission to get URL <code>/v2/_actions</code>."),
    create: "request-rejected",
    read: "request-rejected",
  },
  "sandbox:404": {
    happens: "404 as JSON",
    act: detail(404, "Not Found"),
    create: "request-rejected",
  },
  "sandbox:404-page": {
    happens: "404 as a page of the hosting platform",
    act: page(404, "Page not found", "The requested URL was not found on this server."),
    create: "request-rejected",
    read: "request-rejected",
  },
  "sandbox:307": {
    happens: "307: FastAPI's redirect to the path with a slash; it is not followed",
    act: { ...text(307, ""), headers: { location: "/v2/_actions/" } },
    create: "request-rejected",
    read: "request-rejected",
  },
  "sandbox:409": {
    happens: "409: a conflict with what exists",
    act: detail(409, "An action with this name already exists"),
    create: "conflict",
  },
  "sandbox:429": {
    happens: "429 with `Retry-After: 5`",
    act: detail(429, "Too Many Requests", { "retry-after": "5" }),
    create: "rate-limited",
    read: "rate-limited",
  },
  "sandbox:429-text": {
    happens: "429 as Cloud Run's text, which does not say how long to wait",
    act: text(429, "Rate exceeded."),
    create: "rate-limited",
    read: "rate-limited",
  },
  "sandbox:500": {
    happens: "500 as Starlette's text",
    act: text(500, "Internal Server Error"),
    create: "server-error",
    read: "server-error",
  },
  "sandbox:502": {
    happens: "502 as a page of the hosting platform",
    act: page(502, "Server Error", "The server encountered a temporary error and could not complete your request."),
    create: "server-error",
    read: "server-error",
  },
  "sandbox:503": {
    happens: "503: no instance takes the call",
    act: text(503, "upstream connect error or disconnect/reset before headers. reset reason: connection termination"),
    create: "server-error",
    read: "server-error",
  },
  "sandbox:504": {
    happens: "504: Cloud Run gives up on the instance",
    act: text(504, "upstream request timeout"),
    create: "server-error",
    read: "server-error",
  },
  "sandbox:reset": {
    happens: "the connection is dropped after the request was sent",
    act: { kind: "reset" },
    create: "connection-lost",
    read: "connection-lost",
  },
  "sandbox:timeout": {
    happens: "no answer at all; the service waits for `UPSTREAM_TIMEOUT_MS`",
    act: { kind: "silence" },
    create: "timeout",
    read: "timeout",
  },
  "sandbox:201-timeout": {
    happens: "the status 201 and half of the answer, then silence",
    act: { kind: "half", status: 201, end: "silence" },
    create: "timeout-after-created",
  },
  "sandbox:201-cut": {
    happens: "the status 201 and half of the answer, then the end of the connection",
    act: { kind: "half", status: 201, end: "reset" },
    create: "bad-response-after-created",
  },
  "sandbox:201-no-id": {
    happens: "201 without the action's id",
    act: json(201, { ctx_id: "sandbox", data: { name: "No id", type: "SINGLEDATAEXTRACTION" } }),
    create: "bad-response-after-created",
  },
  "sandbox:201-huge": {
    happens: "201 with an answer over 1 MiB",
    act: json(201, { ctx_id: "sandbox", data: createdData, message: "x".repeat(1024 * 1024) }),
    create: "bad-response-after-created",
  },
  "sandbox:200-page": {
    happens: "200 with a web page instead of JSON",
    act: page(200, "Maintenance", "We will be back soon."),
    create: "bad-response",
    read: "bad-response",
  },
  "sandbox:no-ctx-id": {
    happens: "a good answer without `ctx_id`: `ctxId` is null",
    act: json(201, { data: createdData }),
    create: "created",
  },
  "sandbox:slow": {
    happens: "the action, after 3 seconds: for loading states",
    act: { kind: "delay" },
    create: "created",
    read: "found",
  },
  "sandbox:outage": {
    happens: "the action, and then nothing listens for 10 seconds",
    act: { kind: "outage" },
    create: "created",
    read: "found",
  },
} as const satisfies Readonly<Record<`sandbox:${string}`, Scenario>>;
