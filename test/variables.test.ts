import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { getOperationAST, getVariableValues, type OperationDefinitionNode, parse } from "graphql";
import { createSubgraphSchema } from "../src/graphql/schema.ts";
import { findVariableErrors } from "../src/graphql/variable-errors.ts";
import { limits } from "../src/limits.ts";
import { operations } from "../src/operations/index.ts";
import { createMutation, onlyError, send } from "./helpers/graphql.ts";
import { startWithUpstream } from "./helpers/service.ts";

// Which path and message each problem has is in unit/variable-errors.test.ts.
async function rejectionOf(query: string, variables: unknown) {
  const { upstream, url } = await startWithUpstream();
  const response = await send(url, { query, variables });
  expect(response.status).toBe(400);
  expect(response.text).not.toMatch(/canary/i);
  expect(upstream.received).toEqual([]);
  return onlyError(response).extensions;
}

test("a variable with several problems has one field error for each, under its own path", async () => {
  const webhook = { mandatory: "canary", syncData: null, canary: {} };

  const extensions = await rejectionOf(createMutation, {
    input: { description: ["canary"], type: "canary", canary: 1, webhook },
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

test("a variable of a query is rejected without an outcome", async () => {
  const query = "query ($any: ID!) { dataExtractionAction(id: $any) { id } }";

  expect(await rejectionOf(query, { any: { canary: 1 } })).toEqual({
    code: "BAD_USER_INPUT",
    requestId: expect.any(String),
    retryable: false,
    fieldErrors: [{ path: ["id"], message: "Must be of type ID.", rule: "type" }],
  });
});

test("exactly the variables that graphql-js rejects are rejected, with as many problems", () => {
  const { schema } = createSubgraphSchema(operations);
  const document = parse(`mutation (
    $input: CreateDataExtractionActionInput!, $w: DataExtractionWebhookInput!, $ids: [ID!]! = ["a"], $flag: Boolean,
    $constructor: Boolean, $t: DataExtractionActionTiming! = DURING
  ) {
    createDataExtractionAction(input: $input) { ctxId }
    other: createDataExtractionAction(input: { name: "n", webhook: $w }) { ctxId }
  }`);
  const operation = getOperationAST(document) as OperationDefinitionNode;
  const words = fc.constantFrom(null, "DURING", "SINGLEDATAEXTRACTION", "YES_NO", "yes/no", "constructor");
  // As an ID graphql-js also accepts a number that JSON has rounded.
  const exactNumber = fc.double().filter((number) => !Number.isInteger(number) || Number.isSafeInteger(number));
  const scalar = fc.oneof(words, fc.string(), fc.integer(), exactNumber, fc.boolean());
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
      expect(findVariableErrors(schema, document, operation, given)).toHaveLength(
        Math.min(errors.length, limits.errors.count),
      );
    }),
    { numRuns: 200 },
  );
});
