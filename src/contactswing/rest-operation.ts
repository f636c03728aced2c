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
  /** The parsed JSON; undefined if the body is not JSON or was over the limit. */
  readonly body: unknown;
  readonly isOversized: boolean;
  /** Whether the body is an HTML page, which comes from the hosting platform and not from the API. */
  readonly isPage: boolean;
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
  /** Every field of the input, with its REST name. */
  readonly fieldNames: FieldNames;
  /** The argument that an error belongs to if it names no known field. */
  readonly fallbackArgument: string;
  /**
   * Whether a validation error of ContactSwing (422) is about the caller's input. Where the service itself chooses what
   * it sends, such an error means that ContactSwing differs from its documentation.
   */
  readonly isInputFromCaller: boolean;
  /** Derived from the names above. */
  readonly translator: Translator;
  toRequest(args: Args): RestRequest;
  /** The result; undefined if the response is an error or does not have the documented shape. */
  parseResponse(response: RestResponse, args: Args): Result | undefined;
}

export function defineRestOperation<Args, Result>(
  description: Omit<RestOperation<Args, Result>, "translator">,
): RestOperation<Args, Result> {
  const { fieldNames, argument, fallbackArgument } = description;
  return { ...description, translator: createTranslator(fieldNames, argument, [fallbackArgument]) };
}

/** The path of a request, with its query. */
export function toPath(template: string, { pathParameters, query }: RestRequest): string {
  const path =
    pathParameters === undefined
      ? template
      : template.replace(/\{(\w+)\}/g, (_found, name) => encodeURIComponent(pathParameters[name] ?? ""));
  return query === undefined ? path : `${path}?${new URLSearchParams(query)}`;
}

export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
