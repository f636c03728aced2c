import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { getIntrospectionQuery, type IntrospectionQuery } from "graphql";
import { authorized, send } from "./helpers/graphql.ts";
import { scrape } from "./helpers/metrics.ts";
import { startService } from "./helpers/service.ts";

/** Sends the same request to a service in development, and to one in production. */
async function sendToBoth(request: Record<string, unknown>) {
  const sendTo = async (NODE_ENV: string) => send((await startService({ NODE_ENV })).url, request, {});
  return { shown: await sendTo("development"), hidden: await sendTo("production") };
}

test.each([
  getIntrospectionQuery(),
  "{ __schema { queryType { name } } }",
  '{ ...A } fragment A on Query { t: __type(name: "Query") { name } }',
])("allows introspection without a token in development only: %#", async (query) => {
  const { shown, hidden } = await sendToBoth({ query });

  expect([shown.status, shown.body.errors]).toEqual([200, undefined]);
  expect(hidden.status).toBe(400);
  expect(hidden.text).not.toMatch(/DataExtraction|Apollo/);
  expect(hidden.body.errors?.[0]).toMatchObject({
    message: expect.stringMatching(/introspection/i),
    extensions: { code: "GRAPHQL_VALIDATION_FAILED" },
  });
});

const inlineInput = (fields: string) => ({
  query: `mutation { createDataExtractionAction(input: { name: "a", ${fields} }) { ctxId } }`,
});

test.each([
  ["a field", { query: "{ dataExtractionActio(id: 1) { id } }" }, /Did you mean .*"dataExtractionAction"/],
  ["an argument", { query: "{ dataExtractionAction(idd: 1) { id } }" }, /Did you mean .*"id"/],
  ["an input field", inlineInput("webhok: {}, webhook: {}"), /Did you mean .*"webhook"/],
  ["an enum value", inlineInput("webhook: { type: YESNO }"), /Did you mean .*"YES_NO"/],
])("tells the names that %s may have in development only", async (_case, request, names) => {
  const { shown, hidden } = await sendToBoth(request);

  expect(shown.body.errors?.[0]?.message).toMatch(names);
  expect(hidden.status).toBe(400);
  expect(hidden.text).not.toMatch(/did you mean|suggest/i);
});

const query = { query: "{ __typename }" };

const corsHeaders = (headers: Headers) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-") || name === "vary"));

const requested = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };
const preflight = (url: string, origin: string) =>
  fetch(`${url}/graphql`, { method: "OPTIONS", headers: { origin, ...requested } });

const allowedOrigins = ["https://app.example", "http://localhost:3000"];
const corsOrigins = { CORS_ORIGINS: allowedOrigins.join(", ") };
test.each(allowedOrigins)("lets pages of the listed origin %s send requests and read responses", async (origin) => {
  const { url, logLines } = await startService(corsOrigins);

  const allowed = await preflight(url, origin);
  const response = await send(url, query, { ...authorized, origin });
  const rejection = await fetch(`${url}/graphql`, { method: "POST", headers: { origin }, body: "x" });

  const readable = {
    "access-control-allow-origin": origin,
    "access-control-expose-headers": "x-request-id, retry-after",
    vary: "Origin",
  };
  expect(allowed.status).toBe(204);
  expect(corsHeaders(allowed.headers)).toEqual({
    ...readable,
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers":
      "authorization, content-type, x-request-id, traceparent, tracestate, baggage, sentry-trace, " +
      "x-apollo-operation-name, apollo-require-preflight, apollographql-client-name, apollographql-client-version",
    "access-control-max-age": "3600",
  });
  expect(rejection.status).toBe(415);
  expect([response, rejection].map(({ headers }) => corsHeaders(headers))).toEqual([readable, readable]);
  // The preflight request is not a GraphQL request.
  expect(logLines).toHaveLength(2);
  expect((await scrape(url)).value("contactswing_bff_requests_in_flight")).toBe(0);
});

test.each([
  "https://evil.example",
  "http://app.example",
  "https://app.example:8443",
  "https://app.example.evil.example",
  "null",
])("lets no page of another origin read a response: %s", async (origin) => {
  const { url } = await startService(corsOrigins);

  for (const { headers } of [await preflight(url, origin), await send(url, query, { ...authorized, origin })]) {
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("access-control-allow-credentials")).toBeNull();
    expect(headers.get("vary")).toBe("Origin");
  }
});

test("sends no CORS header and rejects preflight requests without CORS_ORIGINS", async () => {
  const { url } = await startService({});

  const rejected = await preflight(url, "https://app.example");
  const response = await send(url, query, { ...authorized, origin: "https://app.example" });

  expect(rejected.status).toBe(405);
  expect([corsHeaders(rejected.headers), corsHeaders(response.headers)]).toEqual([{}, {}]);
});

test("schema.graphql is shown to anyone as the subgraph SDL, also without introspection", async () => {
  const sdl = readFileSync(new URL("../schema.graphql", import.meta.url), "utf8");
  const { url } = await startService({ PLAYGROUND: "false" });

  expect((await send(url, { query: "{ _service { sdl } }" }, {})).body).toEqual({ data: { _service: { sdl } } });
  expect(sdl).toMatch(/type DataExtractionAction @key\(fields: "id"\)/);
  expect(sdl).toMatch(/type PageInfo @shareable/);
});

test.each([
  ["production", 400],
  ["development", 200],
])("SUBGRAPH_SDL=false shows it only where introspection is on: %s", async (NODE_ENV, status) => {
  const { url } = await startService({ NODE_ENV, SUBGRAPH_SDL: "false" });

  const response = await send(url, { query: "{ _service { sdl } }" }, {});

  expect(response.status).toBe(status);
  expect(response.text.includes("DataExtractionAction")).toBe(status === 200);
  expect((await send(url, { query: "{ __typename }" }, {})).status).toBe(200);
});

test("every type, field, argument, and enum value has a description", async () => {
  const { url } = await startService({});

  const { body } = await send(url, { query: getIntrospectionQuery() }, {});

  const { types } = (body.data as IntrospectionQuery).__schema;
  const isOurs = ({ name }: { readonly name: string }) => !/^_|__/.test(name);
  const described = types.filter(isOurs).flatMap((type) => {
    const fields = type.kind === "OBJECT" ? type.fields.filter(isOurs) : [];
    return [
      type,
      ...fields,
      ...fields.flatMap(({ args }) => args),
      ...(type.kind === "INPUT_OBJECT" ? type.inputFields : []),
      ...(type.kind === "ENUM" ? type.enumValues : []),
    ];
  });
  expect(described.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["Mutation", "createDataExtractionAction", "input", "syncField", "YES_NO"]),
  );
  expect(described.filter(({ description }) => !description?.trim())).toEqual([]);
});
