import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { getOperationAST, getVariableValues, type OperationDefinitionNode, parse } from "graphql";
import { createSubgraphSchema } from "../src/graphql/schema.ts";
import { findVariableErrors } from "../src/graphql/variable-errors.ts";
import { onlyError, send } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

async function sendVariables(query: string, variables: unknown) {
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });
  return { upstream, response: await send(url, { query, variables }, { authorization: "Bearer t" }) };
}

async function rejectionOf(query: string, variables: unknown) {
  const { upstream, response } = await sendVariables(query, variables);
  expect(response.status).toBe(400);
  expect(response.text).not.toMatch(/canary/i);
  expect(upstream.received).toEqual([]);
  return onlyError(response).extensions;
}

const whole = "mutation ($any: CreateDataExtractionActionInput!) { createDataExtractionAction(input: $any) { ctxId } }";
const createWith = (input: string, selection = "ctxId") =>
  `{ createDataExtractionAction(input: { ${input} }) { ${selection} } }`;

test("a variable with several problems has one field error for each, under its own path", async () => {
  const extensions = await rejectionOf(whole, {
    any: {
      description: ["canary"],
      type: "canary",
      canary: 1,
      webhook: { mandatory: "canary", syncData: null, canary: {} },
    },
  });

  expect(extensions).toMatchObject({ code: "BAD_USER_INPUT", outcome: "NOT_CREATED", retryable: false });
  expect(extensions.fieldErrors?.map(({ path, rule }) => `${path.join(".")} ${rule}`)).toEqual([
    "input.name type",
    "input.description type",
    "input.type type",
    "input.webhook.mandatory type",
    "input.webhook type",
    "input type",
  ]);
});

test.each<[string, object, string[][]]>([
  [whole, {}, [["input"]]],
  [whole, { any: "canary" }, [["input"]]],
  [whole, { any: { name: "n", webhook: "canary" } }, [["input", "webhook"]]],
  [whole, { any: { name: "n", webhook: {}, actionTiming: null } }, [["input", "actionTiming"]]],
  [
    `mutation ($w: Boolean!, $n: String!, $s: Boolean!) ${createWith("name: $n, webhook: { syncData: $w }", "ctxId @skip(if: $s)")}`,
    { w: "canary", n: 7, s: "canary" },
    [["input", "webhook", "syncData"], ["input", "name"], []],
  ],
  [
    'mutation ($v: Boolean!) { createDataExtractionAction(input: { name: "n", webhook: {} }) @skip(if: $v) { ctxId } }',
    {},
    [[]],
  ],
  // GraphQL allows a nullable variable where one of the two has a default; graphql-js finds the null too late.
  [
    `mutation ($t: DataExtractionActionTiming) ${createWith('name: "n", actionTiming: $t, webhook: {}')}`,
    { t: null },
    [["input", "actionTiming"]],
  ],
])(
  "a rejected variable has the path of the input field that it is used for: %s %j",
  async (query, variables, paths) => {
    const extensions = await rejectionOf(query, variables);

    expect(extensions).toMatchObject({ code: "BAD_USER_INPUT", outcome: "NOT_CREATED", retryable: false });
    expect(extensions.fieldErrors?.map(({ path }) => path)).toEqual(paths);
  },
);

test("a variable of a query is rejected without an outcome", async () => {
  const { outcome, fieldErrors } = await rejectionOf("query ($id: ID!) { dataExtractionAction(id: $id) { id } }", {
    id: { canary: 1 },
  });

  expect(fieldErrors).toEqual([{ path: ["id"], message: "Must be of type ID.", rule: "type" }]);
  expect(outcome).toBeUndefined();
});

test("a variable may be null where null is allowed", async () => {
  const query = `mutation ($d: String, $m: Boolean = null) ${createWith('name: "n", description: $d, webhook: { mandatory: $m }')}`;

  const { upstream, response } = await sendVariables(query, { d: null });

  expect(response.body.data.createDataExtractionAction).toEqual({ ctxId: "ctx-1" });
  expect(JSON.parse(upstream.received[0]?.body ?? "").webhook).toEqual({});
});

test("exactly the variables that graphql-js rejects are rejected, with as many problems", () => {
  const { schema } = createSubgraphSchema();
  const document = parse(`mutation (
    $input: CreateDataExtractionActionInput!, $w: DataExtractionWebhookInput!, $ids: [ID!]! = ["a"], $flag: Boolean,
    $constructor: Boolean, $t: DataExtractionActionTiming! = DURING
  ) {
    createDataExtractionAction(input: $input) { ctxId }
    other: createDataExtractionAction(input: { name: "n", webhook: $w }) { ctxId }
  }`);
  const operation = getOperationAST(document) as OperationDefinitionNode;
  const words = fc.constantFrom(null, "DURING", "SINGLEDATAEXTRACTION", "YES_NO", "yes/no", "constructor");
  const scalar = fc.oneof(words, fc.string(), fc.integer(), fc.double(), fc.boolean());
  const value = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 2 }),
    fc.dictionary(fc.string(), scalar, { maxKeys: 2 }),
  );
  const object = (fields: Record<string, fc.Arbitrary<unknown>>) => fc.record(fields, { requiredKeys: [] });
  const ofFields = (...names: string[]) => Object.fromEntries(names.map((name) => [name, value]));
  const webhook = fc.oneof(object(ofFields("mandatory", "name", "type", "syncData", "syncField", "unknown")), value);
  const input = object({ ...ofFields("name", "description", "type", "actionTiming", "unknown"), webhook });
  const variables = object({
    ...ofFields("ids", "flag", "constructor", "t"),
    input: fc.oneof(input, value),
    w: webhook,
  });

  fc.assert(
    fc.property(variables, (given) => {
      const { errors = [] } = getVariableValues(schema, operation.variableDefinitions ?? [], given);
      expect(findVariableErrors(schema, document, operation, given, true)).toHaveLength(errors.length);
    }),
    { numRuns: 200 },
  );
});
