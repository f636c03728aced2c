import { replaceToken } from "../auth/replace-token.ts";
import { type Failure, type FailureKind, overloaded, type UpstreamFacts } from "../failures/failure.ts";
import type { MemoryShortage } from "../memory/memory-budget.ts";
import { isNonEmptyString, isRecord, parseJson } from "../text/json.ts";
import { findText, listTexts } from "./error-text.ts";
import type { Exchange, LostExchange, TransportResponse } from "./exchange.ts";
import { isHtml, type Secrets } from "./plain-text.ts";
import { isSuccess, type RestOperation, UnexpectedResponse } from "./rest-operation.ts";
import { readRetryAfter } from "./retry-after.ts";
import { isAboutHeader, readValidationProblems, toFieldError, type ValidationProblem } from "./validation-problems.ts";

/** What a classification depends on besides the exchange itself. */
export interface ClassificationContext {
  readonly operation: Pick<RestOperation<never, unknown>, "effect" | "arguments" | "translator" | "doneStatuses">;
  readonly secrets: Secrets;
  /** When the exchange ended, in milliseconds since the epoch, for a `Retry-After` that is a date. */
  readonly endedAt: number;
}

const kindByStatus: Readonly<Record<number, FailureKind>> = {
  400: "input-rejected",
  401: "token-rejected",
  403: "forbidden",
  409: "conflict",
  422: "input-rejected",
};

/** Whoever sends these may have processed the request: a redirect to its result, or a proxy that stopped waiting. */
const ambiguousStatuses: ReadonlySet<number> = new Set([303, 408, 499]);
const tooManyRequests = 429;
const kindsWithText: ReadonlySet<FailureKind> = new Set(["input-rejected", "forbidden", "conflict"]);
const maxCtxIdLength = 255;

/** An exchange that was not abandoned. */
export type CompletedExchange = Exclude<Exchange, { readonly kind: "aborted" }>;

/** What an exchange means, and the facts of its response as far as there is one. */
export type Interpretation<Result> =
  | { readonly result: Result; readonly upstream: UpstreamFacts; readonly failure?: undefined }
  | { readonly result?: undefined; readonly upstream: UpstreamFacts | undefined; readonly failure: Failure };

/** Parses or classifies an exchange: a result, or a failure in the names of the GraphQL schema. */
export function interpret<Args, Result>(
  args: Args,
  exchange: CompletedExchange,
  context: ClassificationContext & { readonly operation: RestOperation<Args, Result> },
): Interpretation<Result> {
  if (exchange.kind === "no-connection") {
    return { failure: { kind: "unreachable", networkErrorCode: exchange.networkErrorCode }, upstream: undefined };
  }
  if (exchange.kind === "response") return interpretResponse(args, exchange.response, context);
  const { head, networkErrorCode } = exchange;
  // The status alone says that nothing was done, although the body is lost. For an operation that reads such a status as a
  // result, as a read reads 404, there is no failure yet.
  if (head !== undefined && isRejection(head.status)) {
    const { upstream, failure } = interpretResponse(args, { ...head, body: "" }, context);
    return { upstream, failure: { ...failure, kind: failure?.kind ?? "request-rejected", networkErrorCode } };
  }
  const upstream = head && { status: head.status, ctxId: null };
  const failure = { ...classifyLostExchange(exchange, context.operation), networkErrorCode };
  return { upstream, failure: { ...failure, ...(upstream && { upstream }) } };
}

function interpretResponse<Args, Result>(
  args: Args,
  response: TransportResponse,
  context: ClassificationContext & { readonly operation: RestOperation<Args, Result> },
): Interpretation<Result> {
  const { status, shortage } = response;
  const body = !isSuccess(status) && isHtml(response) ? undefined : parseJson(response.body);
  const upstream = { status, ctxId: readCtxId(body, context.secrets) };
  if (shortage !== undefined && shortage !== "over-limit" && isSuccess(status) && context.operation.effect === "read") {
    return { upstream, failure: describeShortage(shortage) };
  }
  let reason: string | undefined;
  try {
    const isOversized = shortage === "over-limit";
    const result = context.operation.parseResponse({ status, body, isOversized }, args);
    if (result !== undefined) return { upstream, result };
  } catch (error) {
    if (!(error instanceof UnexpectedResponse)) throw error;
    reason = error.message;
  }
  const failure = classifyResponse(response, body, context);
  if (!isBadResponse(failure)) return { upstream, failure: { ...failure, upstream } };
  return {
    upstream,
    failure: { ...failure, reason: describeBadBody(response, body) ?? reason ?? `status ${status}`, upstream },
  };
}

/** The failure of a read whose response there is no memory for. */
export function describeShortage(shortage: MemoryShortage): Failure {
  return shortage === "memory-short" ? overloaded("memory") : { kind: "response-too-large" };
}

/** Whether this is FastAPI's own response to an unknown path. */
export function isUnknownPath(exchange: Exchange): boolean {
  if (exchange.kind !== "response" || exchange.response.status !== 404) return false;
  const body = parseJson(exchange.response.body);
  return isRecord(body) && body.detail === "Not Found" && Object.keys(body).length === 1;
}

function isRejection(status: number): boolean {
  return status >= 300 && status < 500 && !ambiguousStatuses.has(status);
}

/** Classifies an exchange whose response did not arrive completely. */
function classifyLostExchange(
  { kind, head }: LostExchange,
  { doneStatuses }: ClassificationContext["operation"],
): Failure {
  const isDone = head !== undefined && doneStatuses.has(head.status);
  if (kind === "timeout") return { kind: isDone ? "timeout-after-success" : "timeout" };
  if (head === undefined || !isSuccess(head.status)) return { kind: "connection-lost" };
  return { kind: isDone ? "bad-response-after-success" : "bad-response", reason: "cut short" };
}

/** Classifies a response that brought no usable result. @param body its parsed JSON, if it has any. */
function classifyResponse(
  response: TransportResponse,
  body: unknown,
  { operation, secrets, endedAt }: ClassificationContext,
): Failure {
  const problems = readValidationProblems(body);
  const kind = findKind(response, body, problems, operation);
  if (kind === "rate-limited") return { kind, ...readRetryAfter(response.retryAfter, endedAt) };
  if (!kindsWithText.has(kind)) return { kind };
  if (kind === "input-rejected" && problems.length > 0 && operation.arguments.isFromCaller) {
    return { kind, fieldErrors: problems.map((problem) => toFieldError(problem, operation.translator, secrets)) };
  }
  const isPlainText = body === undefined && /^text\/plain\b/i.test(response.contentType);
  const message = findText(isPlainText ? [response.body] : listTexts(body), secrets);
  return { kind, ...(message !== undefined && { message: operation.translator.toMessage(message) }) };
}

/** The kind of a failed response: the first rule that applies decides. */
function findKind(
  response: TransportResponse,
  body: unknown,
  problems: readonly ValidationProblem[],
  { doneStatuses, arguments: { isFromCaller } }: ClassificationContext["operation"],
): FailureKind {
  const { status } = response;
  if (isSuccess(status)) return doneStatuses.has(status) ? "bad-response-after-success" : "bad-response";
  if (ambiguousStatuses.has(status)) return "response-ambiguous";
  if (status === tooManyRequests) return "rate-limited";
  // A proxy or the platform in front of ContactSwing: nothing is said about the token, the input, or the action.
  if (isRejection(status) && isHtml(response)) return "request-rejected";
  if (status === 403 && isRecord(body) && body.detail === "Not authenticated") return "token-rejected";
  if (status === 422 && isAboutHeader(problems)) return "token-rejected";
  if (status === 422 && !isFromCaller) return "bad-response";
  return kindByStatus[status] ?? (isRejection(status) ? "request-rejected" : "server-error");
}

function isBadResponse({ kind }: Failure): boolean {
  return kind === "bad-response" || kind === "bad-response-after-success";
}

/** Why a body cannot be looked at; undefined if it can. */
function describeBadBody(response: TransportResponse, body: unknown): string | undefined {
  if (response.shortage !== undefined) return response.shortage === "over-limit" ? "too large" : "no memory";
  if (isHtml(response)) return "html";
  return body === undefined ? "not json" : undefined;
}

/** The `ctx_id` of a response, if it is fit to be shown. */
function readCtxId(body: unknown, { token }: Secrets): string | null {
  const ctxId = isRecord(body) ? body.ctx_id : undefined;
  const isFit = isNonEmptyString(ctxId) && ctxId.length <= maxCtxIdLength && replaceToken(ctxId, token) === ctxId;
  return isFit ? ctxId : null;
}
