import { describe, expect, test } from "@jest/globals";
import { create, fullInput, minimalInput, onlyError } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

async function start() {
  const upstream = await startUpstream();
  return { upstream, ...(await startService({ CONTACTSWING_URL: upstream.url })) };
}

const names = ["name", "webhook.name", "webhook.syncModule", "webhook.syncField"];
const descriptions = ["description", "webhook.description"];

/** The full input with one field, named by its path, set to a value. */
function withField(path: string, value: unknown) {
  const [head = "", tail] = path.split(".");
  return tail === undefined
    ? { ...fullInput, [head]: value }
    : { ...fullInput, webhook: { ...fullInput.webhook, [tail]: value } };
}

describe.each([...names, ...descriptions])("%s", (path) => {
  const maximum = names.includes(path) ? 255 : 10_000;
  const fieldPath = ["input", ...path.split(".")];

  test.each([
    ["is empty", "", "isNotBlank"],
    ["is blank after trimming", " \t\r\n\u3000", "isNotBlank"],
    ["holds a NUL", "a\u0000b", "hasNoControlCharacters"],
    ["holds a C1 control character", "a\u0085b", "hasNoControlCharacters"],
    ["is one character too long", "x".repeat(maximum + 1), "maxCodePoints"],
    ["is one emoji too long", "🙂".repeat(maximum + 1), "maxCodePoints"],
  ])("is refused when it %s, and nobody is called", async (_case, value, rule) => {
    const { upstream, url } = await start();

    const answer = await create(url, withField(path, value));

    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual({ createDataExtractionAction: null });
    expect(onlyError(answer)).toMatchObject({
      path: ["createDataExtractionAction"],
      extensions: {
        code: "BAD_USER_INPUT",
        outcome: "NOT_CREATED",
        retryable: false,
        requestId: answer.headers.get("x-request-id"),
        fieldErrors: [{ path: fieldPath, rule, message: expect.stringMatching(/\.$/) }],
      },
    });
    expect(upstream.received).toEqual([]);
  });

  test.each([
    ["tabs and line ends", "a\tb\r\nc"],
    ["the longest text in ASCII", "x".repeat(maximum)],
    ["the longest text in emoji, counted in code points", "🙂".repeat(maximum)],
  ])("takes %s", async (_case, value) => {
    const { upstream, url } = await start();

    const { body } = await create(url, withField(path, value));

    expect(body.errors).toBeUndefined();
    expect(upstream.received[0]?.body).toContain(JSON.stringify(value));
  });
});

test("reports all problems at once", async () => {
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

test.each([
  [{ syncData: true }, ["syncModule", "syncField"]],
  [{ syncData: true, syncModule: "customers" }, ["syncField"]],
  [{ syncData: true, syncModule: null, syncField: "f" }, ["syncModule"]],
])("asks for what syncData needs: %j", async (webhook, missing) => {
  const { url } = await start();

  const { extensions } = onlyError(await create(url, { name: "n", webhook }));

  expect(extensions.fieldErrors?.map(({ path }) => path)).toEqual(missing.map((field) => ["input", "webhook", field]));
});

test.each([{}, { syncData: false }, { syncData: null }, { syncModule: "m" }])(
  "asks for nothing more without syncData: %j",
  async (webhook) => {
    const { url } = await start();

    expect((await create(url, { name: "n", webhook })).body.errors).toBeUndefined();
  },
);

test.each(["", " ", "a b", "ä", "a\n", "k".repeat(256)])("refuses the idempotency key %j", async (idempotencyKey) => {
  const { upstream, url } = await start();

  const { extensions } = onlyError(await create(url, { ...minimalInput, idempotencyKey }));

  expect(extensions.fieldErrors).toEqual([
    {
      path: ["input", "idempotencyKey"],
      rule: "isIdempotencyKey",
      message: "Must be 1 to 255 visible ASCII characters.",
    },
  ]);
  expect(upstream.received).toEqual([]);
});

test.each(["!", "~", "k".repeat(255), "3f0c-[{}]"])("takes the idempotency key %j", async (idempotencyKey) => {
  const { url } = await start();

  expect((await create(url, { ...minimalInput, idempotencyKey })).body.errors).toBeUndefined();
});
