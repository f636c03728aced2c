import type { FailedOperation } from "../failures/consequence.ts";
import type { Effect, WriteEffect } from "../failures/effect.ts";
import type { FieldError, UpstreamFacts } from "../failures/failure.ts";
import type { Wording } from "../failures/failure-table.ts";
import type { RestMethod } from "./exchange.ts";
import { type ArgumentNames, createTranslator, type Translator } from "./translator.ts";

export interface RestRequest {
  /** Values for the `{placeholders}` of the path, not yet encoded. */
  readonly pathParameters?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

export interface RestResponse {
  readonly status: number;
  /** The parsed JSON; undefined if the body is not JSON, was over the limit, or is an error page of the platform. */
  readonly body: unknown;
  /** Whether the body is larger than the limit. */
  readonly isOversized: boolean;
}

/** How the arguments of a GraphQL field become a REST request. */
export interface ArgumentMapping<Args> {
  readonly names: ArgumentNames;
  /** Whether a validation error of ContactSwing (422) is about the caller's input, and not about the service's own. */
  readonly isFromCaller: boolean;
  /** What is wrong with arguments that can be seen before they are sent. */
  findProblems(args: Args): readonly FieldError[];
  /** @param keepsNulls whether a null is sent, because it clears a field. */
  toRequest(args: Args, keepsNulls: boolean): RestRequest;
  /** What a repeated write is recognized by; undefined without an idempotency key. */
  identify(args: Args): WriteIdentity | undefined;
  /** The class that declares the fields of the body. */
  readonly bodyClass?: new () => object;
  /** Sample arguments where the service chooses them itself, which the upstream check compares with ContactSwing's description. */
  readonly example?: unknown;
}

export interface WriteIdentity {
  readonly idempotencyKey: string;
  /** The arguments as the caller gave them, without the key. */
  readonly input: object;
  /** A field that has its default counts as absent. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

/** A response of the documented shape. */
export interface UpstreamResult<Result> extends UpstreamFacts {
  readonly result: Result;
}

/** Sends a read of the same request. */
export type SendRead = <Args, Result>(
  operation: RestOperation<Args, Result>,
  args: Args,
) => Promise<UpstreamResult<Result>>;

/** One operation of the REST API, in the terms of the GraphQL field that it serves. */
export interface RestOperation<Args, Result> extends FailedOperation {
  /** The GraphQL field's name; also the `operation` label of metrics and spans. */
  readonly name: string;
  readonly wording: Wording;
  readonly method: RestMethod;
  /** A template such as `/v2/_actions/{action_id}`. */
  readonly path: string;
  readonly arguments: ArgumentMapping<Args>;
  /** Translates ContactSwing's errors into the names of the arguments. */
  readonly translator: Translator;
  /** Statuses with which ContactSwing says that a write has been done. */
  readonly doneStatuses: ReadonlySet<number>;
  toRequest(args: Args): RestRequest;
  /**
   * The result; undefined if the response is an error.
   * @throws UnexpectedResponse if it does not have the documented shape.
   */
  parseResponse(response: RestResponse, args: Args): Result | undefined;
  /** Reads what a write has created, so that ContactSwing decides whether another token may see it. */
  readBack?(result: Result, send: SendRead): Promise<UpstreamFacts>;
}

export interface RestOperationDescription<Args, Result>
  extends Pick<
    RestOperation<Args, Result>,
    "name" | "effect" | "method" | "path" | "arguments" | "parseResponse" | "readBack"
  > {
  /** What it is about, for messages: `action`. */
  readonly subject: string;
}

/** From ContactSwing's reference or, where that says nothing, from HTTP semantics. */
const doneStatusesByEffect: Readonly<Record<WriteEffect, readonly number[]>> = {
  create: [201],
  update: [200, 204],
  delete: [200, 204],
};

/** RFC 9110, section 9.2.2. */
const repeatableMethods: ReadonlySet<RestMethod> = new Set(["GET", "PUT", "DELETE"]);

const pastParticiples: Readonly<Record<Effect, string>> = {
  read: "read",
  create: "created",
  update: "updated",
  delete: "deleted",
};

/** Completes a description by what follows from it. */
export function defineRestOperation<Args, Result>({
  subject,
  ...description
}: RestOperationDescription<Args, Result>): RestOperation<Args, Result> {
  const { effect, method, arguments: mapping } = description;
  return {
    ...description,
    wording: { subject, done: pastParticiples[effect] },
    translator: createTranslator(mapping.names),
    doneStatuses: new Set(effect === "read" ? [] : doneStatusesByEffect[effect]),
    isRepeatable: repeatableMethods.has(method),
    toRequest: (args) => mapping.toRequest(args, effect === "update"),
  };
}

/** Thrown by a parser: where a response first differs from the documentation, and what was expected there. */
export class UnexpectedResponse extends Error {
  override readonly name = "UnexpectedResponse";

  /** @param path such as `data.webhook.sync_data`. @param expected such as `boolean`. */
  constructor(path: string, expected: string) {
    super(`${path}: ${expected}`);
  }
}

/** The path of a request, with its query. */
export function toPath(template: string, { pathParameters = {}, query }: RestRequest): string {
  const path = template.replace(/\{(\w+)\}/g, (_found, name) => {
    const value = pathParameters[name];
    if (value === undefined || !isPathSegment(value)) throw new Error(`${name} is not a segment of a path`);
    return encodeURIComponent(value);
  });
  return query === undefined ? path : `${path}?${new URLSearchParams(query)}`;
}

/**
 * Whether a text, such as an ID of the caller, can be a segment of a path. An empty one or dots would be normalized away,
 * uvicorn routes on the decoded path, where a slash separates segments, and a lone surrogate has no UTF-8 form.
 */
export function isPathSegment(text: string): boolean {
  return !/^\.*$|[/\\\p{Cc}]/u.test(text) && text.isWellFormed();
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
