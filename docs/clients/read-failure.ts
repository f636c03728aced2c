// From contactswing-bff 0.1.0 (6c21e114): docs/clients/read-failure.ts. What changes is in docs/changelog.md.
import type { ErrorExtensions } from "./error-extensions.d.ts";

/** An error of the service: a union by `code`, so that each code has the fields that can occur with it. */
export type Failure = ErrorExtensions & {
  readonly message: string;
  readonly path?: readonly (string | number)[];
};

/**
 * Finds the service's errors in what a client throws or returns: Apollo Client 4's `CombinedGraphQLErrors` and
 * `ServerError`, urql's `CombinedError`, Relay's error and list of errors, or a plain GraphQL response.
 * Empty if the service did not respond, or if the errors are someone else's, such as a gateway's.
 */
export function readFailures(error: unknown): Failure[] {
  return listErrors(error).flatMap((entry) => {
    const { message, path, extensions } = toRecord(entry);
    const { code, requestId } = toRecord(extensions);
    if (typeof code !== "string" || typeof requestId !== "string") return [];
    return [{ ...toRecord(extensions), message, path } as unknown as Failure];
  });
}

/** The first of the service's errors. All that a form with one mutation needs; otherwise compare each one's `path`. */
export function readFailure(error: unknown): Failure | undefined {
  return readFailures(error)[0];
}

function listErrors(error: unknown): unknown[] {
  if (Array.isArray(error)) return error; // Relay: onCompleted(response, errors)
  const { errors, graphQLErrors, source, bodyText } = toRecord(error);
  const { errors: sourceErrors } = toRecord(source);
  const { errors: bodyErrors } = toRecord(typeof bodyText === "string" ? parseJson(bodyText) : undefined);
  const lists = [
    errors, // Apollo Client: CombinedGraphQLErrors; a plain response
    graphQLErrors, // urql: CombinedError
    sourceErrors, // Relay: onError(error), for a response without data
    bodyErrors, // Apollo Client: ServerError
  ];
  return lists.find(Array.isArray) ?? [];
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
