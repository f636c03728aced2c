import { expect, test } from "@jest/globals";
import { getIntrospectionQuery } from "graphql";
import { create, onlyError, send } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";

const production = { NODE_ENV: "production" };
const development = { NODE_ENV: "development" };

test.each([
  getIntrospectionQuery(),
  "{ __schema { queryType { name } } }",
  '{ ...A } fragment A on Query { t: __type(name: "Query") { name } }',
])("allows introspection without a token in development only: %#", async (query) => {
  const shown = await send((await startService(development)).url, { query }, {});
  const hidden = await send((await startService(production)).url, { query }, {});

  expect([shown.status, shown.body.errors]).toEqual([200, undefined]);
  expect(hidden.status).toBe(400);
  expect(hidden.text).not.toMatch(/DataExtraction|Apollo/);
  for (const { message, extensions } of hidden.body.errors ?? []) {
    expect(extensions.code).toBe("GRAPHQL_VALIDATION_FAILED");
    expect(message).toBe(
      "Introspection is off. Use schema.graphql from this service's repository, or `_service { sdl }`.",
    );
  }
});

test.each([
  ["a field", "{ dataExtractionActio(id: 1) { id } }", "dataExtractionAction"],
  ["an argument", "{ dataExtractionAction(idd: 1) { id } }", "id"],
  ["a type", "query ($a: CreateDataExtractionActionInpu) { __typename }", "CreateDataExtractionActionInput"],
  [
    "an input field",
    'mutation { createDataExtractionAction(input: { name: "a", webhok: {}, webhook: {} }) { ctxId } }',
    "webhook",
  ],
  [
    "an enum value",
    'mutation { createDataExtractionAction(input: { name: "a", webhook: { type: YESNO } }) { ctxId } }',
    "YES_NO",
  ],
])("suggests the name of %s in development only", async (_case, query, suggestion) => {
  const shown = await send((await startService(development)).url, { query });
  const hidden = await send((await startService(production)).url, { query });

  expect(shown.body.errors?.[0]?.message).toMatch(new RegExp(`Did you mean .*"${suggestion}"`));
  expect(hidden.status).toBe(400);
  expect(hidden.text).not.toMatch(/did you mean|suggest/i);
});

test.each([
  ["fields", { name: "a", webhok: {}, webhook: {} }, /Its fields are name, .*webhook/],
  ["enum values", { name: "a", webhook: { type: "MAYBE" } }, /Must be one of YES_NO/],
])("lists the %s that a variable may have in development only", async (_case, input, names) => {
  const shown = await create((await startService(development)).url, input);
  const hidden = await create((await startService(production)).url, input);

  expect(onlyError(shown).message).toMatch(names);
  expect(onlyError(hidden).message).not.toMatch(/its fields|one of/);
});

test("separates the problems of an input in one message by semicolons", async () => {
  const { url } = await startService({});

  const { message, extensions } = onlyError(await create(url, { name: "", webhook: { syncData: true } }));

  expect(extensions.fieldErrors).toHaveLength(3);
  expect(message).toMatch(/input\.name: [^;]+; input\.webhook\.sync\w+: [^;]+; input\.webhook\.sync\w+: [^;]+\.$/);
});

test("shows no stack trace and no file of its own in an error", async () => {
  for (const environment of [production, development]) {
    const { url } = await startService(environment);
    for (const query of ["{", "{ nope }", "", "query A { __typename } query B { __typename }"]) {
      const response = await send(url, { query }, {});
      expect(response.body.errors).toBeDefined();
      expect(response.text).not.toMatch(/stack|node_modules|\.[jt]s\b|file:/);
    }
  }
});
