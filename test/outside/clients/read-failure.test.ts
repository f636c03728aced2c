import { expect, jest, test } from "@jest/globals";
import { readFailure, readFailures } from "./recipes/read-failure";
import { type Result, sendWithRetries } from "./recipes/send-with-retries";

const extensions = {
  code: "RATE_LIMITED",
  requestId: "1",
  outcome: "NOT_CREATED",
  retryable: true,
  retryAfterSeconds: 5,
};
const error = { message: "Too many requests.", path: ["createDataExtractionAction"], extensions };

test.each([
  ["a plain response", { data: null, errors: [error] }],
  ["Apollo Client's CombinedGraphQLErrors", Object.assign(new Error(), { errors: [error], data: null })],
  [
    "Apollo Client's ServerError",
    Object.assign(new Error(), { statusCode: 503, bodyText: JSON.stringify({ errors: [error] }) }),
  ],
  ["urql's CombinedError", Object.assign(new Error(), { graphQLErrors: [error] })],
  ["Relay's error", Object.assign(new Error(), { source: { errors: [error] } })],
  ["Relay's list of errors", [error]],
])("a failure is found in %s", (_name, thrown) => {
  expect(readFailures(thrown)).toEqual([{ ...extensions, message: error.message, path: error.path }]);
});

test.each([
  undefined,
  null,
  "failed",
  new TypeError("fetch failed"),
  Object.assign(new Error(), { statusCode: 502, bodyText: "<html>" }),
  Object.assign(new Error(), { graphQLErrors: [], networkError: new Error() }),
  { errors: [{ message: "a gateway's own error", extensions: { code: "SUBREQUEST_HTTP_ERROR" } }] },
  { errors: [null, { message: "without extensions" }] },
  { data: {} },
])("no failure is found in %p", (thrown) => {
  expect(readFailure(thrown)).toBeUndefined();
});

test.each<[string, (number | undefined)[], number[]]>([
  ["after retryAfterSeconds, otherwise one second and then two", [5, undefined], [0, 5000, 7000]],
  ["at most three times in all", [undefined, undefined, undefined], [0, 1000, 3000]],
  ["only if it need not wait for more than a minute", [61, 1], [0]],
  ["only if it need not wait for more than a minute in all", [40, 21, 1], [0, 40_000]],
])("a retryable error is sent again %s", async (_case, waits, expected) => {
  jest.useFakeTimers({ now: 0 });
  try {
    const sentAt: number[] = [];
    const results = waits.map((retryAfterSeconds) => ({
      error: { errors: [{ ...error, extensions: { ...extensions, retryAfterSeconds } }] },
    }));
    const sent = sendWithRetries<string>(async () => {
      sentAt.push(Date.now());
      return results.shift() ?? { data: "created" };
    });
    await jest.runAllTimersAsync();
    expect((await sent).data).toBe(expected.length > waits.length ? "created" : undefined);
    expect(sentAt).toEqual(expected);
  } finally {
    jest.useRealTimers();
  }
});

test("a request without a response is not sent again", async () => {
  const send = jest.fn(async (): Promise<Result<string>> => Promise.reject(new TypeError("fetch failed")));
  const { error } = await sendWithRetries(send);
  expect(error).toBeInstanceOf(TypeError);
  expect(send).toHaveBeenCalledTimes(1);
});
