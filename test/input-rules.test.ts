import { expect, test } from "@jest/globals";
import { create, createMutation, minimalInput, onlyError, sendText } from "./helpers/graphql.ts";
import { startWithUpstream } from "./helpers/service.ts";

/** An input with every text that has rules, each written for its maximal length. */
function inputWith(write: (maximum: number) => string) {
  const webhook = { name: write(255), description: write(10_000), syncModule: write(255), syncField: write(255) };
  return { name: write(255), description: write(10_000), webhook };
}
const maxima = {
  "input.name": 255,
  "input.description": 10_000,
  "input.webhook.name": 255,
  "input.webhook.description": 10_000,
  "input.webhook.syncModule": 255,
  "input.webhook.syncField": 255,
};
const messages = {
  isNotBlank: "Must not be blank.",
  isWellFormedUnicode: "Must be well-formed Unicode, without lone surrogates.",
  hasNoControlCharacters: "Must not contain control characters other than tab, line feed, and carriage return.",
  maxCodePoints: "Must be at most N characters long.",
};

test.each<[string, (maximum: number) => string, keyof typeof messages]>([
  ["is empty", () => "", "isNotBlank"],
  ["is blank", () => " \t\r\n\u3000", "isNotBlank"],
  ["has nothing visible", () => "\u200b\u2060\u00ad\u2800\ufe0f", "isNotBlank"],
  ["has half a character", () => "a\ud800b", "isWellFormedUnicode"],
  ["has a null character", () => "a\u0000b", "hasNoControlCharacters"],
  ["has another control character", () => "a\u0085b", "hasNoControlCharacters"],
  ["is too long", (maximum) => "x".repeat(maximum + 1), "maxCodePoints"],
  ["is too long and has emoji", (maximum) => `${"🙂".repeat(maximum - 1)}xx`, "maxCodePoints"],
])("every text is rejected if it %s, and nothing is sent", async (_case, write, rule) => {
  const { upstream, url } = await startWithUpstream();

  const response = await create(url, inputWith(write));

  expect(response.status).toBe(200);
  expect(response.body.data).toEqual({ createDataExtractionAction: null });
  expect(onlyError(response).path).toEqual(["createDataExtractionAction"]);
  expect(onlyError(response).extensions).toEqual({
    code: "BAD_USER_INPUT",
    outcome: "NOT_CREATED",
    retryable: false,
    requestId: response.headers.get("x-request-id"),
    fieldErrors: Object.entries(maxima).map(([path, maximum]) => ({
      path: path.split("."),
      rule,
      message: messages[rule].replace("N", maximum.toLocaleString("en")),
      ...(rule === "maxCodePoints" && { params: { max: maximum } }),
    })),
  });
  expect(upstream.received).toEqual([]);
});

test("every text may have tabs and line ends", async () => {
  const { url } = await startWithUpstream();
  const input = inputWith(() => "a\tb\r\nc");

  const { body } = await create(url, input);

  expect(body.errors).toBeUndefined();
});

test("all problems are reported at once", async () => {
  const { upstream, url } = await startWithUpstream();

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
    "input.webhook.syncField requiredWhenSyncing",
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
  const { url } = await startWithUpstream();

  const { body } = await create(url, { name: "n", webhook });

  expect(body.errors?.[0]?.extensions.fieldErrors ?? []).toEqual(
    missing.map((field) => ({
      path: ["input", "webhook", field],
      rule: "requiredWhenSyncing",
      message: "Must be given when extracted data is stored.",
    })),
  );
});

test.each(["", "a b", "ä", "a\n", "k".repeat(256)])("the idempotency key %j is rejected", async (idempotencyKey) => {
  const { upstream, url } = await startWithUpstream();

  const response = await create(url, { ...minimalInput, idempotencyKey });

  expect(onlyError(response).extensions.fieldErrors).toEqual([
    {
      path: ["input", "idempotencyKey"],
      rule: "isIdempotencyKey",
      params: { min: 1, max: 255 },
      message: "Must be 1 to 255 visible ASCII characters.",
    },
  ]);
  expect(upstream.received).toEqual([]);
});

test("never takes a number that JSON has rounded for an idempotency key", async () => {
  const { upstream, url } = await startWithUpstream();
  const input = '{"name":"n","webhook":{},"idempotencyKey":9007199254740993}';

  const response = await sendText(url, `{"query":${JSON.stringify(createMutation)},"variables":{"input":${input}}}`);

  expect(onlyError(response).extensions).toMatchObject({
    code: "BAD_USER_INPUT",
    outcome: "NOT_CREATED",
    fieldErrors: [{ path: ["input", "idempotencyKey"], rule: "type" }],
  });
  expect(upstream.received).toEqual([]);
});

test("the largest input that the rules allow fits, however its client escapes it", async () => {
  const { upstream, url } = await startWithUpstream();
  const input = { ...inputWith((maximum) => "🙂".repeat(maximum)), idempotencyKey: "!~".padEnd(255, "k") };
  const escaped = JSON.stringify(input).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);

  const { body } = await sendText(url, `{"query":${JSON.stringify(createMutation)},"variables":{"input":${escaped}}}`);

  expect(escaped.length).toBeGreaterThan(240_000);
  expect(body.data.createDataExtractionAction.ctxId).toBe("ctx-1");
  expect(JSON.parse(upstream.received[0]?.body ?? "").description).toBe(input.description);
});
