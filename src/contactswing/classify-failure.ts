import { replaceToken } from "../auth/replace-token.ts";
import type { Failure, FailureKind, FieldError, UpstreamFacts } from "../failures/failure.ts";
import { isNonEmptyString, isRecord } from "./json.ts";
import { type Secrets, toPlainText } from "./plain-text.ts";
import { isSuccess, type RestOperation, type RestResponse } from "./rest-operation.ts";
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
const statusesWithText: ReadonlySet<number> = new Set([400, 403, 409, 422]);
const maxFieldErrors = 100;
const maxCtxIdLength = 255;

/** The `ctx_id` of a response, if it is fit to be shown. */
export function readCtxId(body: unknown, { token }: Secrets): string | null {
  const ctxId = isRecord(body) ? body.ctx_id : undefined;
  const isFit = isNonEmptyString(ctxId) && ctxId.length <= maxCtxIdLength && replaceToken(ctxId, token) === ctxId;
  return isFit ? ctxId : null;
}

/** Classifies an exchange that ended without a response. */
export function classifyLostExchange(
  exchange: Exclude<Exchange, { kind: "response" | "aborted" }>,
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

/** Classifies a response that brought no usable result. */
export function classifyResponse(
  response: RestResponse,
  { contentType, body: text, retryAfter }: TransportResponse,
  context: ClassificationContext,
): Failure {
  const { status, isPage } = response;
  const { secrets, operation } = context;
  const body = isPage ? undefined : response.body;
  const upstream: UpstreamFacts = { status, ctxId: readCtxId(body, secrets) };

  if (isSuccess(status)) {
    const isCreated = operation.effect === "create" && status === 201;
    return { kind: isCreated ? "bad-response-after-created" : "bad-response", upstream };
  }
  if (isPage && platformStatuses.has(status)) return { kind: "request-rejected", upstream };

  const detail = isRecord(body) ? body.detail : undefined;
  const problems = readValidationProblems(detail);
  const isAboutToken =
    (status === 403 && detail === "Not authenticated") ||
    (status === 422 && problems.some(({ loc }) => loc[0] === "header"));
  if (isAboutToken) return { kind: "token-rejected", upstream };
  if (status === 422 && !operation.isInputFromCaller) return { kind: "bad-response", upstream };

  const kind = kindByStatus[status] ?? (status >= 300 && status < 500 ? "request-rejected" : "server-error");
  if (kind === "rate-limited") return { kind, upstream, ...readRetryAfter(retryAfter, context.endedAt) };
  if (kind === "input-rejected" && problems.length > 0) {
    return { kind, upstream, fieldErrors: problems.map((problem) => toFieldError(problem, context)) };
  }
  const message =
    statusesWithText.has(status) && !isPage
      ? findText(body === undefined && /^text\/plain\b/i.test(contentType) ? [text] : listTexts(body), secrets)
      : undefined;
  return message === undefined
    ? { kind, upstream }
    : { kind, upstream, message: operation.translator.toMessage(message) };
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

function readValidationProblems(detail: unknown): ValidationProblem[] {
  if (!Array.isArray(detail)) return [];
  return detail.slice(0, maxFieldErrors).flatMap((entry: unknown) => {
    if (!isRecord(entry) || !Array.isArray(entry.loc)) return [];
    const loc = entry.loc.filter((part) => typeof part === "string" || typeof part === "number");
    return [{ loc, msg: entry.msg, type: entry.type }];
  });
}

function toFieldError({ loc, msg, type }: ValidationProblem, context: ClassificationContext): FieldError {
  const { translator } = context.operation;
  const { secrets } = context;
  const message = findText([msg], secrets) ?? "ContactSwing rejected this value.";
  return { path: translator.toPath(loc), message: translator.toMessage(message), rule: readRule(type, secrets) };
}

/** pydantic's name of the broken rule, such as `string_too_short` or `value_error.missing`. */
function readRule(type: unknown, secrets: Secrets): string {
  const isName = typeof type === "string" && /^[\w.-]{1,64}$/.test(type) && toPlainText(type, secrets) === type;
  return isName ? type : "upstream";
}

// RFC 9110, section 5.6.7: all three forms of a date begin with the day of the week. The last one has no time zone and
// means GMT; naming GMT twice changes nothing.
const datePattern = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d\d:\d\d:\d\d/;

/** RFC 9110, section 10.2.3: a number of seconds or an HTTP date. */
function readRetryAfter(value: string | undefined, now: number): Pick<Failure, "retryAfterSeconds"> {
  const text = value?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return { retryAfterSeconds: Number(text) };
  const date = datePattern.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
  return Number.isNaN(date) ? {} : { retryAfterSeconds: Math.max(0, Math.ceil((date - now) / 1000)) };
}
