import { expect, test } from "@jest/globals";
import { getIntrospectionQuery } from "graphql";
import { create, onlyError, send } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";

const production = { NODE_ENV: "production" };
const development = { NODE_ENV: "development" };

const introspections = [
  getIntrospectionQuery(),
  "{ __schema { queryType { name } } }",
  '{ __type(name: "Query") { name } }',
  '{ ...A } fragment A on Query { t: __type(name: "Query") { name } }',
];

test.each(introspections)("does not show its schema in production: %#", async (query) => {
  const { url } = await startService(production);

  const answer = await send(url, { query }, {});

  expect(answer.status).toBe(400);
  expect(answer.body.data).toBeUndefined();
  expect(answer.body.errors?.map(({ extensions }) => extensions.code)).toContain("GRAPHQL_VALIDATION_FAILED");
  expect(answer.text).not.toMatch(/DataExtraction/);
});

test.each(introspections)("shows its schema while it is explored, without a token: %#", async (query) => {
  const { url } = await startService(development);

  const answer = await send(url, { query }, {});

  expect(answer.status).toBe(200);
  expect(answer.body.errors).toBeUndefined();
});

const guesses: [what: string, query: string, suggestion: string][] = [
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
];

test.each(guesses)("suggests nothing in the place of %s that does not exist, in production", async (_case, query) => {
  const { url } = await startService(production);

  const answer = await send(url, { query });

  expect(answer.status).toBe(400);
  expect(answer.text).not.toMatch(/did you mean|suggest/i);
});

test.each(guesses)(
  "suggests a name in the place of %s that does not exist while it is explored",
  async (_case, query, suggestion) => {
    const { url } = await startService(development);

    const answer = await send(url, { query });

    expect(answer.body.errors?.[0]?.message).toMatch(new RegExp(`Did you mean .*"${suggestion}"`));
  },
);

test.each([
  ["a field", { name: "a", webhok: {}, webhook: {} }, /lacks; its fields are name, .*webhook/, /^.{0,140} lacks\.$/],
  ["an enum value", { name: "a", webhook: { type: "MAYBE" } }, /Must be one of YES_NO\./, /Must be of type \w+\.$/],
])(
  "names what there is in the place of %s of a variable only while it is explored",
  async (_case, input, open, closed) => {
    const inDevelopment = await startService(development);
    const inProduction = await startService(production);

    expect(onlyError(await create(inDevelopment.url, input)).message).toMatch(open);
    expect(onlyError(await create(inProduction.url, input)).message).toMatch(closed);
  },
);

test("shows no stack and no file of its own in an error", async () => {
  for (const environment of [production, development]) {
    const { url } = await startService(environment);
    for (const query of ["{", "{ nope }", "", "query A { __typename } query B { __typename }"]) {
      const answer = await send(url, { query }, {});
      expect(answer.body.errors).toBeDefined();
      expect(answer.text).not.toMatch(/stack|node_modules|\.[jt]s\b|file:/);
    }
  }
});
