import { replaceToken } from "../auth/replace-token.ts";
import type { Failure, FailureKind, FieldError, UpstreamFacts } from "../failures/failure.ts";
import type { Translator } from "./field-names.ts";
import { isNonEmptyString, isRecord, parseJson } from "./json.ts";
import { isHtml, type Secrets, toPlainText } from "./plain-text.ts";
import { isSuccess, type RestOperation } from "./rest-operation.ts";
import type { Exchange, TransportResponse } from "./transport.ts";

/** What a classification depends on besides the exchange itself. */
export interface ClassificationContext {
  readonly operation: Pick<RestOperation<never, unknown>, "effect" | "isInputFromCaller" | "translator">;
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
  429: "rate-limited",
};

// Cloud Run's front end sends these itself, as HTML: they say nothing about the caller's token or the action.
const platformStatuses: ReadonlySet<number> = new Set([401, 403, 404]);
const kindsWithText: ReadonlySet<FailureKind> = new Set(["input-rejected", "forbidden", "conflict"]);
const maxFieldErrors = 100;
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
  if (exchange.kind !== "response") {
    const failure = classifyLostExchange(exchange, context);
    return { failure, upstream: failure.upstream };
  }
  const { response } = exchange;
  const { status, isOversized } = response;
  const isErrorPage = !isSuccess(status) && isHtml(response);
  const body = isErrorPage ? undefined : parseJson(response.body);
  const result = context.operation.parseResponse({ status, body, isOversized }, args);
  const upstream = { status, ctxId: readCtxId(body, context.secrets) };
  if (result !== undefined) return { upstream, result };
  return { upstream, failure: { ...classifyResponse(response, body, context), upstream } };
}

/** Classifies an exchange that ended without a response. */
function classifyLostExchange(
  exchange: Exclude<CompletedExchange, { readonly kind: "response" }>,
  { operation }: ClassificationContext,
): Failure {
  const { networkErrorCode } = exchange;
  if (exchange.kind === "no-connection") return { kind: "unreachable", networkErrorCode };
  const { status } = exchange;
  const facts = { networkErrorCode, ...(status === undefined ? {} : { upstream: { status, ctxId: null } }) };
  const isCreated = operation.effect === "create" && status === 201;
  if (exchange.kind === "timeout") return { kind: isCreated ? "timeout-after-created" : "timeout", ...facts };
  if (status === undefined || !isSuccess(status)) return { kind: "connection-lost", ...facts };
  return { kind: isCreated ? "bad-response-after-created" : "bad-response", ...facts };
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
  if (kind === "input-rejected" && problems.length > 0 && operation.isInputFromCaller) {
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
  { effect, isInputFromCaller }: ClassificationContext["operation"],
): FailureKind {
  const { status } = response;
  if (isSuccess(status)) return effect === "create" && status === 201 ? "bad-response-after-created" : "bad-response";
  if (isHtml(response) && platformStatuses.has(status)) return "request-rejected";
  if (status === 403 && isRecord(body) && body.detail === "Not authenticated") return "token-rejected";
  if (status === 422 && isAboutHeader(problems)) return "token-rejected";
  if (status === 422 && !isInputFromCaller) return "bad-response";
  return kindByStatus[status] ?? (status >= 300 && status < 500 ? "request-rejected" : "server-error");
}

/** The `ctx_id` of a response, if it is fit to be shown. */
function readCtxId(body: unknown, { token }: Secrets): string | null {
  const ctxId = isRecord(body) ? body.ctx_id : undefined;
  const isFit = isNonEmptyString(ctxId) && ctxId.length <= maxCtxIdLength && replaceToken(ctxId, token) === ctxId;
  return isFit ? ctxId : null;
}

/** The places where an error body may have its text: FastAPI's `detail`, then other common ones. */
function listTexts(body: unknown): unknown[] {
  if (!isRecord(body)) return listMessages(body);
  return [...listMessages(body.detail), ...listMessages(body), ...listMessages(body.error)];
}

function listMessages(value: unknown): unknown[] {
  const first = Array.isArray(value) ? value[0] : value;
  return isRecord(first) ? [first.message, first.msg, first.error, first.detail] : [first];
}

function findText(candidates: readonly unknown[], secrets: Secrets): string | undefined {
  for (const candidate of candidates) {
    const text = isNonEmptyString(candidate) ? toPlainText(candidate, secrets) : undefined;
    if (text !== undefined) return text;
  }
  return undefined;
}

/** One entry of pydantic's validation list. Version 1 has only these three fields; the others are never passed on. */
interface ValidationProblem {
  readonly loc: readonly (string | number)[];
  readonly msg: unknown;
  readonly type: unknown;
}

/** FastAPI's list of what is wrong with a request; empty if the body has none. */
export function readValidationProblems(body: unknown): ValidationProblem[] {
  if (!isRecord(body) || !Array.isArray(body.detail)) return [];
  return body.detail.slice(0, maxFieldErrors).flatMap((entry: unknown) => {
    if (!isRecord(entry) || !Array.isArray(entry.loc)) return [];
    const loc = entry.loc.filter((part) => typeof part === "string" || typeof part === "number");
    return [{ loc, msg: entry.msg, type: entry.type }];
  });
}

/** Whether a validation list is about the token, as some versions of FastAPI report a missing one. */
export function isAboutHeader(problems: readonly ValidationProblem[]): boolean {
  return problems.some(({ loc }) => loc[0] === "header");
}

function toFieldError({ loc, msg, type }: ValidationProblem, translator: Translator, secrets: Secrets): FieldError {
  const message = findText([msg], secrets) ?? "ContactSwing rejected this value.";
  return { path: translator.toPath(loc), message: translator.toMessage(message), rule: readRule(type, secrets) };
}

/** pydantic's name of the broken rule, such as `string_too_short` or `value_error.missing`. */
function readRule(type: unknown, secrets: Secrets): string {
  const isName = typeof type === "string" && /^[\w.-]{1,64}$/.test(type) && toPlainText(type, secrets) === type;
  return isName ? type : "upstream";
}

// RFC 9110, section 5.6.7: all three forms of a date begin with the day of the week. Two end in GMT, the third one in a
// year and means GMT, too; naming GMT twice changes nothing.
const datePattern = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d\d:\d\d:\d\d (?:GMT|\d{4})$/;

/** RFC 9110, section 10.2.3: a number of seconds or an HTTP date. */
function readRetryAfter(value: string | undefined, now: number): Pick<Failure, "retryAfterSeconds"> {
  const text = value?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return { retryAfterSeconds: Number(text) };
  const date = datePattern.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
  return Number.isNaN(date) ? {} : { retryAfterSeconds: Math.max(0, Math.ceil((date - now) / 1000)) };
}
