import type { Failure, FailureKind, RestProblem } from "../failures/failure.ts";
import type { UpstreamFacts } from "../failures/upstream-facts.ts";
import { isNonEmptyString, isRecord, parseJson } from "./json.ts";
import { isMarkup, type Secrets, toPlainText, withoutToken } from "./plain-text.ts";
import type { Answer, Exchange } from "./transport.ts";

/** What a classification depends on besides the exchange itself. */
export interface Circumstances {
  readonly isCreate: boolean;
  readonly secrets: Secrets;
  /** When the exchange ended, in milliseconds since the epoch, for a `Retry-After` that is a date. */
  readonly endedAt: number;
}

const kindOfStatus: Readonly<Record<number, FailureKind>> = {
  400: "input-rejected",
  401: "token-rejected",
  403: "forbidden",
  409: "conflict",
  422: "input-rejected",
  429: "rate-limited",
};

// Cloud Run's front end answers these itself, as web pages: they say nothing of the caller's token or the action.
const platformPageStatuses: ReadonlySet<number> = new Set([401, 403, 404]);
const statusesWithText: ReadonlySet<number> = new Set([400, 403, 409, 422]);
const maxProblems = 100;

/** The HTTP status of an exchange, when one came. */
export function statusOf(exchange: Exchange): number | undefined {
  if (exchange.kind === "answer") return exchange.answer.status;
  return exchange.kind === "no-connection" ? undefined : exchange.status;
}

/** The `ctx_id` of a parsed answer, when it is fit to be shown. */
export function readCtxId(body: unknown, secrets: Secrets): string | null {
  const ctxId = isRecord(body) ? body.ctx_id : undefined;
  const isFit = isNonEmptyString(ctxId) && ctxId.length <= 255 && withoutToken(ctxId, secrets.token) === ctxId;
  return isFit ? ctxId : null;
}

/**
 * Says what an exchange that brought no good answer means. Every exchange has a meaning: this never throws.
 * A 2xx that comes here is one whose body the caller could not use.
 */
export function classifyFailure(exchange: Exchange, circumstances: Circumstances): Failure {
  if (exchange.kind === "answer") return classifyAnswer(exchange.answer, circumstances);
  if (exchange.kind === "no-connection") return { kind: "unreachable" };

  const { status } = exchange;
  const upstream = status === undefined ? {} : { upstream: { status, ctxId: null } };
  const isCreated = circumstances.isCreate && status === 201;
  if (exchange.kind === "timeout") return { kind: isCreated ? "timeout-after-created" : "timeout", ...upstream };
  if (status === undefined || !isSuccess(status)) return { kind: "connection-lost", ...upstream };
  return { kind: isCreated ? "bad-response-after-created" : "bad-response", ...upstream };
}

function classifyAnswer(answer: Answer, circumstances: Circumstances): Failure {
  const { status } = answer;
  const { secrets } = circumstances;
  const isPage = isMarkup(answer.contentType, answer.body);
  const body = isPage ? undefined : parseJson(answer.body);
  const upstream: UpstreamFacts = { status, ctxId: readCtxId(body, secrets) };

  if (isSuccess(status)) {
    const isCreated = circumstances.isCreate && status === 201;
    return { kind: isCreated ? "bad-response-after-created" : "bad-response", upstream };
  }
  if (isPage && platformPageStatuses.has(status)) return { kind: "request-refused", upstream };

  const detail = isRecord(body) ? body.detail : undefined;
  const restProblems = readRestProblems(detail, secrets);
  const isAboutToken =
    (status === 403 && detail === "Not authenticated") ||
    (status === 422 && restProblems.some((problem) => problem.location[0] === "header"));
  if (isAboutToken) return { kind: "token-rejected", upstream };

  const kind = kindOfStatus[status] ?? kindOfOtherStatus(status);
  if (kind === "rate-limited") return { kind, upstream, ...readRetryAfter(answer.retryAfter, circumstances.endedAt) };
  if (kind === "input-rejected" && restProblems.length > 0) return { kind, upstream, restProblems };
  const text = statusesWithText.has(status) && !isPage ? readText(body, answer, secrets) : undefined;
  return text === undefined ? { kind, upstream } : { kind, upstream, text };
}

function kindOfOtherStatus(status: number): FailureKind {
  return status >= 300 && status < 500 ? "request-refused" : "server-error";
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** The words of an error answer: FastAPI's `detail`, the usual other places, or a plain-text body. */
function readText(body: unknown, answer: Answer, secrets: Secrets): string | undefined {
  const isText = body === undefined && /^text\/plain\b/i.test(answer.contentType);
  const candidates = isText
    ? [answer.body]
    : isRecord(body)
      ? [...readWords(body.detail), ...readWords(body), ...readWords(body.error)]
      : readWords(body);
  for (const candidate of candidates) {
    const text = isNonEmptyString(candidate) ? toPlainText(candidate, secrets) : undefined;
    if (text !== undefined) return text;
  }
  return undefined;
}

function readWords(value: unknown): unknown[] {
  const first = Array.isArray(value) ? value[0] : value;
  return isRecord(first) ? [first.message, first.msg, first.error, first.detail] : [first];
}

/**
 * Reads a pydantic validation list: version 2 (`type`, `loc`, `msg`, `input`, `ctx`, `url`) and version 1 (without
 * the last three). Only location, message and rule are taken; what is not of that shape is passed over.
 */
function readRestProblems(detail: unknown, secrets: Secrets): RestProblem[] {
  if (!Array.isArray(detail)) return [];
  return detail.slice(0, maxProblems).flatMap((entry: unknown) => {
    if (!isRecord(entry) || !Array.isArray(entry.loc)) return [];
    const location = entry.loc.filter((part) => typeof part === "string" || typeof part === "number");
    const message = isNonEmptyString(entry.msg) ? toPlainText(entry.msg, secrets) : undefined;
    return [{ location, message: message ?? "ContactSwing rejected this value.", rule: readRule(entry.type, secrets) }];
  });
}

/** pydantic's name of the broken rule, e.g. `string_too_short` or `value_error.missing`. */
function readRule(type: unknown, secrets: Secrets): string {
  const isName = typeof type === "string" && /^[\w.-]{1,64}$/.test(type) && toPlainText(type, secrets) === type;
  return isName ? type : "upstream";
}

// RFC 9110, section 5.6.7: the three forms of a date all begin with the day of the week. The last has no zone and means
// Greenwich's; to name that a second time changes nothing.
const datePattern = /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*\d\d:\d\d:\d\d/;

/** RFC 9110, section 10.2.3: a number of seconds or an HTTP date. */
function readRetryAfter(value: string | undefined, now: number): Pick<Failure, "retryAfterSeconds"> {
  const text = value?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return { retryAfterSeconds: Number(text) };
  const date = datePattern.test(text) ? Date.parse(`${text} GMT`) : Number.NaN;
  return Number.isNaN(date) ? {} : { retryAfterSeconds: Math.max(0, Math.ceil((date - now) / 1000)) };
}
