import { expect, test } from "@jest/globals";
import { create, createMutation, fullInput, minimalInput, onlyError } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

async function start() {
  const upstream = await startUpstream();
  return { upstream, ...(await startService({ CONTACTSWING_URL: upstream.url })) };
}

const texts: [string, number][] = [
  ["name", 255],
  ["description", 10_000],
  ["webhook.name", 255],
  ["webhook.description", 10_000],
  ["webhook.syncModule", 255],
  ["webhook.syncField", 255],
];

/** The full input with one field, named by its path, set to a value. */
function withField(path: string, value: unknown) {
  const [head = "", tail] = path.split(".");
  return tail === undefined
    ? { ...fullInput, [head]: value }
    : { ...fullInput, webhook: { ...fullInput.webhook, [tail]: value } };
}

test.each(texts)("%s is rejected if it breaks a rule, and nothing is sent", async (path, maximum) => {
  const { upstream, url } = await start();
  const tooLong = `Must be at most ${maximum} characters long.`;
  const control = "Must not contain control characters other than tab, line feed, and carriage return.";

  for (const [value, rule, message] of [
    ["", "isNotBlank", "Must not be blank."],
    [" \t\r\n\u3000", "isNotBlank", "Must not be blank."],
    ["a\ud800b", "isWellFormedUnicode", "Must be well-formed Unicode, without lone surrogates."],
    ["a\u0000b", "hasNoControlCharacters", control],
    ["a\u0085b", "hasNoControlCharacters", control],
    ["x".repeat(maximum + 1), "maxCodePoints", tooLong],
    [`${"🙂".repeat(maximum - 1)}xx`, "maxCodePoints", tooLong],
  ]) {
    const response = await create(url, withField(path, value));

    expect(response.status).toBe(200);
    expect(response.body.data).toEqual({ createDataExtractionAction: null });
    expect(onlyError(response).path).toEqual(["createDataExtractionAction"]);
    expect(onlyError(response).extensions).toEqual({
      code: "BAD_USER_INPUT",
      outcome: "NOT_CREATED",
      retryable: false,
      requestId: response.headers.get("x-request-id"),
      fieldErrors: [{ path: ["input", ...path.split(".")], rule, message }],
    });
  }
  expect(upstream.received).toEqual([]);
});

test.each(texts)("%s may have tabs, line ends, and %i code points", async (path, maximum) => {
  const { upstream, url } = await start();

  for (const value of ["a\tb\r\nc", `${"🙂".repeat(maximum - 1)}x`]) {
    expect((await create(url, withField(path, value))).body.errors).toBeUndefined();
    expect(upstream.received.at(-1)?.body).toContain(JSON.stringify(value));
  }
});

test("all problems are reported at once", async () => {
  const { upstream, url } = await start();

  const { extensions } = onlyError(
    await create(url, {
      name: "\u0001 ".repeat(200),
      description: "",
      idempotencyKey: "with space",
      webhook: { name: "", description: "\u007f", syncData: true, syncModule: " " },
    }),
  );

  expect(extensions.fieldErrors?.map(({ path, rule }) => `${path.join(".")} ${rule}`).sort()).toEqual([
    "input.description isNotBlank",
    "input.idempotencyKey isIdempotencyKey",
    "input.name hasNoControlCharacters",
    "input.name maxCodePoints",
    "input.webhook.description hasNoControlCharacters",
    "input.webhook.name isNotBlank",
    "input.webhook.syncField isNeededToSync",
    "input.webhook.syncModule isNotBlank",
  ]);
  expect(upstream.received).toEqual([]);
});

test.each<[object, string[]]>([
  [{ syncData: true }, ["syncModule", "syncField"]],
  [{ syncData: true, syncModule: null, syncField: "f" }, ["syncModule"]],
  [{ syncData: true, syncModule: "m", syncField: "f" }, []],
  [{ syncData: false }, []],
  [{ syncModule: "m" }, []],
])("syncData: true requires syncModule and syncField: %j", async (webhook, missing) => {
  const { url } = await start();

  const { body } = await create(url, { name: "n", webhook });

  expect(body.errors?.[0]?.extensions.fieldErrors ?? []).toEqual(
    missing.map((field) => ({
      path: ["input", "webhook", field],
      rule: "isNeededToSync",
      message: "Required when syncData is true.",
    })),
  );
});

test.each([
  ["", false],
  ["a b", false],
  ["ä", false],
  ["a\n", false],
  ["k".repeat(256), false],
  ["!~", true],
  ["k".repeat(255), true],
])("the idempotency key %j is accepted or not: %s", async (idempotencyKey, isAccepted) => {
  const { upstream, url } = await start();

  const { body } = await create(url, { ...minimalInput, idempotencyKey });

  const rule = { rule: "isIdempotencyKey", message: "Must be 1 to 255 visible ASCII characters." };
  expect(body.errors?.map(({ extensions }) => extensions.fieldErrors) ?? []).toEqual(
    isAccepted ? [] : [[{ path: ["input", "idempotencyKey"], ...rule }]],
  );
  expect(upstream.received).toHaveLength(isAccepted ? 1 : 0);
});

test("the largest input that the rules allow fits, however its client escapes it", async () => {
  const { upstream, url } = await start();
  const text = "🙂".repeat(10_000);
  const name = "🙂".repeat(255);
  const webhook = { name, description: text, syncData: true, syncModule: name, syncField: name };
  const input = { name, description: text, webhook, idempotencyKey: "k".repeat(255) };
  const escaped = JSON.stringify(input).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);

  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: "Bearer t" },
    body: `{"query":${JSON.stringify(createMutation)},"variables":{"input":${escaped}}}`,
  });

  expect(escaped.length).toBeGreaterThan(240_000);
  expect(await response.json()).toMatchObject({ data: { createDataExtractionAction: { ctxId: "ctx-1" } } });
  expect(JSON.parse(upstream.received[0]?.body ?? "").description).toBe(text);
});
