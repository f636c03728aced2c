import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { getVariableValues, Kind, type OperationDefinitionNode, parse } from "graphql";
import { toGraphPath, toGraphWords } from "../src/actions/translate-failure.ts";
import { findVariableErrors } from "../src/graphql/variable-errors.ts";
import { concurrently } from "./helpers/concurrently.ts";
import { create, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { inputPaths, schema, typeAt } from "./helpers/schema.ts";
import { startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

/** The REST names, by hand: a mapping that is tested against itself proves nothing. */
const restNames: Record<string, string> = {
  actionTiming: "action_timing",
  syncData: "sync_data",
  syncModule: "sync_module",
  syncField: "sync_field",
};
const restPath = (path: readonly string[]) => path.slice(1).map((name) => restNames[name] ?? name);
const sentPaths = inputPaths().filter((path) => !path.includes("idempotencyKey"));

const tag = fc.constantFrom<(string | number)[]>(
  "CreateActionRequest",
  "function-after[check(), Webhook]",
  "tagged-union[A,B]",
  "literal['yes/no']",
  "__root__",
  "",
  0,
  17,
  -1,
);

describe("a location of pydantic", () => {
  test("leads to every field of the input by its own path", () => {
    expect(sentPaths.length).toBeGreaterThan(12);
    for (const path of sentPaths) expect(toGraphPath(["body", ...restPath(path)], "input")).toEqual(path);
  });

  test("gives a path that resolves in the schema, and the longest that does, whatever is mixed in", () => {
    const location = fc.record({
      path: fc.constantFrom(...sentPaths),
      noise: fc.array(fc.oneof(tag, fc.string(), fc.integer()), { maxLength: 3 }),
      at: fc.nat({ max: 3 }),
      more: fc.array(fc.oneof(tag, fc.string()), { maxLength: 2 }),
    });

    fc.assert(
      fc.property(location, ({ path, noise, at, more }) => {
        const parts: (string | number)[] = restPath(path);
        const depth = Math.min(at, parts.length);
        const loc = ["body", ...parts.slice(0, depth), ...noise, ...parts.slice(depth), ...more];

        const found = toGraphPath(loc, "input");

        expect(typeAt(found)).toBeDefined();
        expect(found.slice(0, depth + 1)).toEqual(path.slice(0, depth + 1));
        // One step further along the location there is no field.
        const next = loc[found.length];
        if (next !== undefined) {
          const byGraphName = Object.entries(restNames).find(([, rest]) => rest === next)?.[0] ?? String(next);
          const isGraphNameOnly = Object.hasOwn(restNames, String(next));
          if (!isGraphNameOnly) expect(typeAt([...found, byGraphName])).toBeUndefined();
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("gives a path that resolves for a location of anything", () => {
    const anything = fc.array(
      fc.oneof(fc.string(), fc.integer(), fc.constantFrom("body", "path", "webhook", "__proto__", "constructor")),
    );

    fc.assert(
      fc.property(anything, fc.constantFrom("input", "id"), (location, argument) => {
        const path = toGraphPath(location, argument);
        const field = path[0] === "id" ? "dataExtractionAction" : "createDataExtractionAction";
        expect(typeAt(path, field)).toBeDefined();
      }),
      { numRuns: 1000 },
    );
  });
});

test("any field failed in a list of pydantic 1 or 2 comes back under a path that the schema has", async () => {
  const leaf = fc.record({
    path: fc.constantFrom(...sentPaths),
    isVersion1: fc.boolean(),
    tail: fc.array(tag, { maxLength: 2 }),
  });
  const trees = fc.sample(fc.array(leaf, { minLength: 1, maxLength: 12 }), 60);
  const upstream = await startUpstream(({ body }) => {
    const failed = trees[Number(JSON.parse(body).name)] ?? [];
    const detail = failed.map(({ path, isVersion1, tail }) => ({
      loc: ["body", ...restPath(path), ...tail],
      ...(isVersion1
        ? { msg: "field required", type: "value_error.missing" }
        : {
            msg: "Field required",
            type: "missing",
            input: { canary: 1 },
            ctx: { x: "canary" },
            url: "https://canary",
          }),
    }));
    return { status: 422, body: { detail } };
  });
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  await concurrently(10, trees, async (failed, index) => {
    const answer = await create(url, { name: String(index), webhook: {} });

    expect(answer.text).not.toContain("canary");
    const { fieldErrors = [], outcome } = onlyError(answer).extensions;
    expect(outcome).toBe("NOT_CREATED");
    expect(fieldErrors.map(({ path }) => path)).toEqual(failed.map(({ path }) => path));
    for (const { path } of fieldErrors) expect(typeAt(path)).toBeDefined();
  });
});

test.each([
  ["sync_field/sync_module", "syncField/syncModule"],
  ["body.webhook.sync_field", "body.webhook.syncField"],
  ["'yes/no', yes/no.", "'YES_NO', YES_NO."],
  ["yes/no/maybe and 1yes/no", "yes/no/maybe and 1yes/no"],
  ["my_sync_field sync_fields", "my_sync_field sync_fields"],
  ["ctx_id, is_active, action_id, action_timing", "ctxId, isActive, id, actionTiming"],
])("says %j as %j", (message, expected) => {
  expect(toGraphWords(message)).toBe(expected);
});

describe("a variable", () => {
  const operationOf = (query: string, name?: string) => {
    const document = parse(query);
    const operation = document.definitions.find(
      (definition): definition is OperationDefinitionNode =>
        definition.kind === Kind.OPERATION_DEFINITION && (name === undefined || definition.name?.value === name),
    );
    if (operation === undefined) throw new Error("no operation");
    return { document, operation };
  };

  test("is refused exactly when graphql-js refuses it, with as many problems", () => {
    const { document, operation } = operationOf(`mutation (
      $input: CreateDataExtractionActionInput!, $w: DataExtractionWebhookInput!, $ids: [ID!]! = ["a"], $flag: Boolean,
      $constructor: Boolean, $t: DataExtractionActionTiming! = DURING
    ) {
      createDataExtractionAction(input: $input) { ctxId }
      other: createDataExtractionAction(input: { name: "n", webhook: $w }) { ctxId }
    }`);
    const scalar = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.double(),
      fc.boolean(),
      fc.constantFrom(null, "DURING", "SINGLEDATAEXTRACTION", "YES_NO", "yes/no", "constructor"),
    );
    const value = fc.oneof(
      scalar,
      fc.array(scalar, { maxLength: 2 }),
      fc.dictionary(fc.string(), scalar, { maxKeys: 2 }),
    );
    const object = (names: string[], inner: fc.Arbitrary<unknown>) =>
      fc.dictionary(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...names) }, fc.string()), inner, { maxKeys: 8 });
    const webhook = object(["mandatory", "name", "type", "syncData", "syncField"], value);
    const input = fc
      .tuple(
        object(["name", "description", "type", "actionTiming", "idempotencyKey"], value),
        fc.option(fc.oneof(webhook, value)),
      )
      .map(([given, inner]) => (inner === null ? given : { ...given, webhook: inner }));
    const variables = fc.record(
      {
        input: fc.oneof(input, value),
        w: fc.oneof(webhook, value),
        ids: value,
        flag: value,
        constructor: value,
        t: value,
      },
      { requiredKeys: [] },
    );

    fc.assert(
      fc.property(variables, (given) => {
        const { errors = [] } = getVariableValues(schema, operation.variableDefinitions ?? [], given);
        const found = findVariableErrors(schema, document, operation, given, true);

        expect(found.length).toBe(errors.length);
        for (const { path } of found) expect(path.length === 0 || typeAt(path) !== undefined).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("has the path of its use in the operation that was asked for, also within a fragment", () => {
    const query = `
      query Read($v: ID!) { dataExtractionAction(id: $v) { id } }
      mutation Write($v: Boolean!) { ...Creation }
      fragment Creation on Mutation { createDataExtractionAction(input: { name: "n", webhook: { syncData: $v } }) { ctxId } }`;
    const pathOf = (name: string) => {
      const { document, operation } = operationOf(query, name);
      return findVariableErrors(schema, document, operation, {}, true).map(({ path }) => path);
    };

    expect(pathOf("Read")).toEqual([["id"]]);
    expect(pathOf("Write")).toEqual([["input", "webhook", "syncData"]]);
  });

  test("that is an object's own by inheritance alone is absent", () => {
    const { document, operation } = operationOf(
      'query ($toString: ID) { dataExtractionAction(id: "a") @skip(if: true) { id } }',
    );

    expect(findVariableErrors(schema, document, operation, {}, true)).toEqual([]);
  });
});

test("a read's problems are its argument's, whatever part of the request ContactSwing names", async () => {
  const detail = [
    { type: "a", loc: ["body", "webhook", "sync_field"], msg: "m" },
    { type: "b", loc: ["query", "x"], msg: "m" },
    { type: "c", loc: ["path", "action_id"], msg: "m" },
  ];
  const upstream = await startUpstream(() => ({ status: 422, body: { detail } }));
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const { extensions } = onlyError(await send(url, { query: '{ dataExtractionAction(id: "a") { id } }' }));

  expect(extensions.fieldErrors?.map(({ path }) => path)).toEqual([["id"], ["id"], ["id"]]);
});

test("a rule's name is passed on only when it is one", async () => {
  const token = "canary.token-of-mine";
  const types = ["value_error.missing", "string_too_short", token, "db.internal", "a b", 7, "x".repeat(65)];
  const upstream = await startUpstream(() => ({
    status: 422,
    body: { detail: types.map((type) => ({ type, loc: ["body", "name"], msg: "m" })) },
  }));
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const { extensions } = onlyError(await create(url, minimalInput, { authorization: `Bearer ${token}` }));

  expect(extensions.fieldErrors?.map(({ rule }) => rule)).toEqual([
    "value_error.missing",
    "string_too_short",
    ...Array.from({ length: 5 }, () => "upstream"),
  ]);
});

test("a message that sums up long problems is at most 500 characters long", async () => {
  const detail = ["name", "description", "type"].map((field) => ({
    type: "t",
    loc: ["body", field],
    msg: "m".repeat(900),
  }));
  const upstream = await startUpstream(() => ({ status: 422, body: { detail } }));
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const { message, extensions } = onlyError(await create(url, minimalInput));

  expect(message.length).toBe(500);
  expect(extensions.fieldErrors?.map(({ message }) => message.length)).toEqual([500, 500, 500]);
});
