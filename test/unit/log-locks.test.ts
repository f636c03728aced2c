import { describe, expect, test } from "@jest/globals";
import { type LoggerOptions, pino } from "pino";
import { BearerToken } from "../../src/auth/bearer-token.ts";
import { CallFailure } from "../../src/failures/failure.ts";
import { logBug } from "../../src/telemetry/event-log.ts";
import { createLogger, type Logger, narrowing, redaction } from "../../src/telemetry/logger.ts";

const canary = "canary-5e1f";
const token = BearerToken.parse(`Bearer ${canary}`);

function open(options: LoggerOptions): { logger: Logger; written: () => string } {
  const lines: string[] = [];
  return {
    logger: pino({ level: "trace", ...options }, { write: (line) => lines.push(line) }),
    written: () => lines.join(""),
  };
}

/** As bad as errors get: the secret in its name, message, stack, cause, and in fields that JSON prints. */
function createError(): Error {
  const headers = { authorization: `Bearer ${canary}`, other: canary };
  const error = new Error(`no answer to ${canary}${forgedFrame}`, { cause: new Error(canary) });
  return Object.assign(error, { options: { headers, url: canary }, input: canary, toJSON: () => canary });
}

const forgedFrame = `\n    at fake (/src/${canary}.ts:1:1)`;

/** The same error once somebody has looked at its stack, which is written only then. */
function withStack(error: Error): Error {
  if (!error.stack?.includes(canary)) throw new Error("the stack does not quote the message");
  return error;
}

class CanaryError extends Error {}
Object.defineProperty(CanaryError.prototype, "name", { value: `Error of ${canary}${forgedFrame}` });

const secretFields: readonly (readonly [string, object])[] = [
  ["a header", { authorization: `Bearer ${canary}` }],
  ["a header as others spell it", { Authorization: `Bearer ${canary}` }],
  ["a request's headers", { request: { headers: { authorization: `Bearer ${canary}` } } }],
  ["raw headers", { req: { rawHeaders: ["Authorization", canary] } }],
  ["a token", { token: canary }],
  ["a caller's token", { caller: { token: canary } }],
  ["an input", { input: { name: canary } }],
  ["variables", { variables: { input: { name: canary } } }],
  ["a body", { options: { body: canary } }],
  ["an idempotency key", { idempotencyKey: canary }],
];

describe.each<[string, LoggerOptions]>([
  ["redaction by path alone", redaction],
  ["narrowing alone", narrowing],
])("%s", (_lock, options) => {
  test.each(secretFields)("masks %s", (_case, fields) => {
    const { logger, written } = open(options);

    logger.info({ kept: "kept", ...fields }, "line");

    expect(written()).toContain("[redacted]");
    expect(written()).toContain('"kept":"kept"');
    expect(written()).not.toContain(canary);
  });
});

describe("narrowing alone", () => {
  test.each<[string, (logger: Logger) => void]>([
    ["on its own", (logger) => logger.error(createError())],
    ["with a text", (logger) => logger.error(createError(), "failed")],
    ["as err", (logger) => logger.error({ err: createError() })],
    ["as error, with a text", (logger) => logger.error({ error: createError() }, "failed")],
    ["under any name, at any depth", (logger) => logger.error({ a: { b: [{ c: createError() }] } }, "failed")],
    ["in a text's place", (logger) => logger.error("failed: %s %o", createError(), createError())],
    [
      "deeper than lines are",
      (logger) => logger.error({ a: { a: { a: { a: { a: { a: createError() } } } } } }, "failed"),
    ],
    [
      "as what something else is written as",
      (logger) => logger.error({ a: { toJSON: () => createError() } }, "failed"),
    ],
    ["with a name of its own making", (logger) => logger.error(new CanaryError())],
    ["whose message has changed", (logger) => logger.error(Object.assign(withStack(createError()), { message: "" }))],
    ["whose stack is not one", (logger) => logger.error(Object.assign(createError(), { stack: forgedFrame }))],
    ["whose stack is no text", (logger) => logger.error(Object.assign(createError(), { stack: { canary } }))],
    ["with a secret name deep inside", (logger) => logger.error({ a: { b: { c: { headers: canary } } } }, "failed")],
  ])("writes nothing of an error %s but its name and our own place", (_case, log) => {
    const { logger, written } = open(narrowing);

    log(logger);

    expect(written()).toMatch(/^\{"level":50.*\}\n$/);
    expect(written()).not.toContain(canary);
  });

  test("says which error it was", () => {
    const { logger, written } = open(narrowing);

    logger.error({ err: new TypeError(canary) }, "failed");

    expect(JSON.parse(written())).toMatchObject({ err: { type: "TypeError" }, msg: "failed" });
  });
});

test("the token's type alone says nothing, wherever the token is", () => {
  const { logger, written } = open({});

  logger.info({ a: token, list: [{ deep: { credential: token } }] }, "of %s %o %j", `${token}`, { token }, [token]);

  expect(written()).toContain("[bearer token]");
  expect(written()).not.toContain(canary);
});

describe("the service's logger", () => {
  function openLogger() {
    const lines: string[] = [];
    return {
      logger: createLogger("trace", { write: (line) => lines.push(line) }),
      lines: () => lines.map((line) => JSON.parse(line)),
      text: () => lines.join(""),
    };
  }

  test("has all three locks", () => {
    const { logger, lines, text } = openLogger();

    logger.error(
      { ...Object.assign({}, ...secretFields.map(([, fields]) => fields)), a: token, error: createError() },
      "line",
    );

    expect(text()).not.toContain(canary);
    expect(lines()).toMatchObject([{ a: "[bearer token]", error: { type: "Error" }, token: "[redacted]" }]);
  });

  test("has them for what its children always write too", () => {
    const { logger, lines, text } = openLogger();

    logger
      .child({ cause: createError(), a: { token: canary } })
      .child({ b: createError() })
      .info("line");

    expect(lines()).toMatchObject([{ cause: { type: "Error" }, a: { token: "[redacted]" }, b: { type: "Error" } }]);
    expect(text()).not.toContain(canary);
  });

  test("masks by path what comes in past every hook", () => {
    const { logger, text } = openLogger();

    logger.setBindings({ token: canary, request: { headers: { authorization: canary } } });
    logger.info("line");

    expect(text()).toContain("[redacted]");
    expect(text()).not.toContain(canary);
  });

  test.each([
    ["GraphQLError", "GraphQLError"],
    ["_GraphQLError", "GraphQLError"],
    ["TimeoutError3", "TimeoutError"],
    ["canaryError", "Error"],
    ["A canary", "Error"],
    ["A9canary", "Error"],
    ["A123", "Error"],
    ["", "Error"],
  ])("names a class %j %s: as the code does, without what bundling adds", (name, written) => {
    const { logger, lines } = openLogger();
    class Thrown extends Error {}
    Object.defineProperty(Thrown, "name", { value: name });

    logBug(logger, new Thrown(), "r");

    expect(lines()).toMatchObject([{ "error.type": written }]);
  });

  test("writes a bug down with its place in our own code, not in a library's and not in a message's", async () => {
    const { logger, lines } = openLogger();
    const { readConfig } = await import("../../src/config.ts");
    let thrown: unknown;
    try {
      readConfig({ PORT: canary });
    } catch (error) {
      thrown = error;
    }

    logBug(logger, thrown, "r-1");
    logBug(logger, createError(), "r-2");
    logBug(logger, canary, "r-3");
    logBug(logger, new CallFailure({ kind: "timeout" }), "r-4");

    expect(lines()).toMatchObject([
      {
        "http.request.id": "r-1",
        "error.type": "ConfigError",
        "error.origin": expect.stringMatching(/^config\.ts:\d+$/),
      },
      { "http.request.id": "r-2", "error.type": "Error" },
      { "http.request.id": "r-3", "error.type": "string" },
      { "http.request.id": "r-4", "error.type": "CallFailure" },
    ]);
    expect(JSON.stringify(lines())).not.toContain(canary);
  });
});
