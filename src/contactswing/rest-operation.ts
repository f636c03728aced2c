import { createTranslator, type FieldNames, type Translator } from "./field-names.ts";

/** What an operation does to ContactSwing's data. It decides what a failure means: see `failure-table.ts`. */
export type Effect = "create" | "read";

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
  readonly isOversized: boolean;
}

/** One operation of the REST API, in the terms of the GraphQL field that it serves. */
export interface RestOperation<Args, Result> {
  /** The GraphQL field's name; also the `operation` label of metrics and spans. */
  readonly name: string;
  readonly effect: Effect;
  readonly method: "GET" | "POST";
  /** A template such as `/v2/_actions/{action_id}`. */
  readonly path: string;
  /** The GraphQL argument whose fields `fieldNames` lists; undefined when they are arguments themselves. */
  readonly argument?: string;
  /** Every field of the caller's input, with its REST name. */
  readonly fieldNames: FieldNames;
  /**
   * Whether a validation error of ContactSwing (422) is about the caller's input. Where the service itself chooses what
   * it sends, such an error means that ContactSwing differs from its documentation. Derived from the names above.
   */
  readonly isInputFromCaller: boolean;
  /** Derived from the names above. */
  readonly translator: Translator;
  toRequest(args: Args): RestRequest;
  /** The result; undefined if the response is an error or does not have the documented shape. */
  parseResponse(response: RestResponse, args: Args): Result | undefined;
}

export function defineRestOperation<Args, Result>(
  description: Omit<RestOperation<Args, Result>, "translator" | "isInputFromCaller">,
): RestOperation<Args, Result> {
  const { fieldNames, argument } = description;
  return {
    ...description,
    isInputFromCaller: Object.keys(fieldNames).length > 0,
    translator: createTranslator(fieldNames, argument),
  };
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
 * Whether a text, such as an ID of the caller, can be a segment of a path: an empty one or dots would be normalized
 * away, and a lone surrogate has no UTF-8 form.
 */
export function isPathSegment(text: string): boolean {
  return !/^\.*$/.test(text) && text.isWellFormed();
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
