import { describe, expect, test } from "@jest/globals";
import { authorized, fullInput, onlyError, readResponse, send } from "./helpers/graphql.ts";
import { startWithUpstream } from "./helpers/service.ts";
import type { ScriptedResponse } from "./helpers/upstream.ts";

const readQuery = `query Read($id: ID!) {
  dataExtractionAction(id: $id) {
    id name type description isActive webhook { mandatory name description type rawType syncData syncModule syncField }
  }
}`;

const stored = {
  id: "act-1",
  company_id: "c",
  name: "N",
  description: "D",
  type: "SINGLEDATAEXTRACTION",
  is_active: false,
  webhook: {
    mandatory: true,
    name: "interested",
    description: "user interested on buying the product",
    type: "yes/no",
    sync_data: true,
    sync_module: "customers",
    sync_field: "customer_timezone",
  },
};
const storedDetails = { description: "D", isActive: false, webhook: { ...fullInput.webhook, rawType: "yes/no" } };
const nullsOf = (fields: object) => Object.fromEntries(Object.keys(fields).map((name) => [name, null]));
const withData = (data: unknown): ScriptedResponse => ({ status: 200, body: { ctx_id: "ctx-2", data, message: "ok" } });
const notFound: ScriptedResponse = { status: 404, body: { detail: "Action not found" } };

const start = (response: ScriptedResponse = withData(stored)) => startWithUpstream(() => response);

const readById = (url: string, id = "act-1", headers?: Record<string, string>) =>
  send(url, { query: readQuery, variables: { id } }, headers);
const pathsOf = ({ received }: { received: readonly { path: string }[] }) => received.map(({ path }) => path).sort();

test("returns every documented field, by one GET with the caller's token and nothing else of the caller's", async () => {
  const { upstream, url } = await start();

  const response = await readById(url, "act-1", { ...authorized, cookie: "canary" });

  expect(response.body).toEqual({
    data: { dataExtractionAction: { id: "act-1", name: "N", type: "SINGLEDATAEXTRACTION", ...storedDetails } },
  });
  expect(upstream.received).toMatchObject([{ method: "GET", path: "/v2/_actions/act-1", body: "" }]);
  expect(upstream.received[0]?.headers).toEqual({
    ...authorized,
    accept: "application/json",
    "accept-encoding": "identity",
    "user-agent": "contactswing-bff/0.0.0-test",
    "x-request-id": response.headers.get("x-request-id"),
    host: new URL(upstream.url).host,
    connection: "keep-alive",
  });
});

test.each([
  ["a&b?c#d%", "a%26b%3Fc%23d%25"],
  ["ä 🙂", "%C3%A4%20%F0%9F%99%82"],
])("escapes the ID %j in the path", async (id, segment) => {
  const { upstream, url } = await start();

  const { body } = await readById(url, id);

  expect(body.data.dataExtractionAction.id).toBe(id);
  expect(pathsOf(upstream)).toEqual([`/v2/_actions/${segment}`]);
});

test.each(["", ".", "....", "\ud800", "../../v1/users", "a\\b", "a\u0000b", "a\u0085b"])(
  "resolves the ID %j to null without a request",
  async (id) => {
    const { upstream, url } = await start();

    const { body } = await readById(url, id);

    expect(body).toEqual({ data: { dataExtractionAction: null } });
    expect(upstream.received).toEqual([]);
  },
);

const tooLarge = 9007199254740993n;
const idQuery = "query ($id: ID!) { dataExtractionAction(id: $id) { id } }";
const entityQuery = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on DataExtractionAction { id } } }";
test.each<[string, (url: string) => Promise<Response>, (string | number)[]]>([
  ["a variable", (url) => post(url, `{"query":"${idQuery}","variables":{"id":${tooLarge}}}`), ["id"]],
  [
    "a variable of a GET",
    (url) =>
      fetch(`${url}/graphql?${new URLSearchParams({ query: idQuery, variables: `{"id":${tooLarge}}` })}`, {
        headers: authorized,
      }),
    ["id"],
  ],
  [
    "a representation",
    (url) =>
      post(
        url,
        `{"query":"${entityQuery}","variables":{"r":[{"__typename":"DataExtractionAction","id":${tooLarge}}]}}`,
      ),
    ["representations"],
  ],
])("never takes a number that JSON has rounded for an ID: %s", async (_case, sendTo, path) => {
  const { upstream, url } = await start();

  const { extensions } = onlyError(await readResponse(await sendTo(url)));

  expect(extensions).toMatchObject({ code: "BAD_USER_INPUT", fieldErrors: [{ path }] });
  expect(upstream.received).toEqual([]);
});

const post = (url: string, body: string) =>
  fetch(`${url}/graphql`, { method: "POST", headers: { ...authorized, "content-type": "application/json" }, body });

test("takes an integer that JSON holds exactly for an ID", async () => {
  const { upstream, url } = await start();

  await post(url, `{"query":"${idQuery}","variables":{"id":9007199254740991}}`);

  expect(pathsOf(upstream)).toEqual(["/v2/_actions/9007199254740991"]);
});

test("sends an ID of at most 255 characters", async () => {
  const { upstream, url } = await start();
  const longest = "🙂".repeat(255);

  await readById(url, longest);
  const { extensions } = onlyError(await readById(url, `${longest}x`));

  expect(pathsOf(upstream)).toEqual([`/v2/_actions/${encodeURIComponent(longest)}`]);
  expect(extensions).toMatchObject({
    code: "BAD_USER_INPUT",
    fieldErrors: [{ path: ["id"], rule: "maxCodePoints", params: { max: 255 } }],
  });
});

test.each<[string, ScriptedResponse, boolean]>([
  ["FastAPI does not know the path", { status: 404, body: { detail: "Not Found" } }, true],
  ["there is no such action", notFound, false],
])("warns that CONTACTSWING_URL may be wrong if %s: %#", async (_case, scripted, isWarned) => {
  const { url, lines } = await start(scripted);

  for (const id of ["a", "b"]) expect((await readById(url, id)).body.data).toEqual({ dataExtractionAction: null });

  const warnings = lines().filter((line) => line["log.level"] === "warn");
  expect(warnings.map(({ message }) => message)).toEqual(isWarned ? [expect.stringContaining("CONTACTSWING_URL")] : []);
});

test.each<[string, ScriptedResponse]>([
  ["a JSON 404", notFound],
  ["an action of another type, whatever its other fields are", withData({ type: "LABOREDGE", webhook: "anything" })],
])("resolves %s to null", async (_case, scripted) => {
  const { url } = await start(scripted);

  expect((await readById(url)).body).toEqual({ data: { dataExtractionAction: null } });
});

const noWebhook = nullsOf(storedDetails.webhook);
test.each<[string, object, object]>([
  ["absent", {}, nullsOf(storedDetails)],
  ["null", { description: null, is_active: null, webhook: null }, nullsOf(storedDetails)],
  ["absent in the webhook", { webhook: {} }, { webhook: noWebhook }],
  ["null in the webhook", { webhook: nullsOf(stored.webhook) }, { webhook: noWebhook }],
  ["of an unknown response type", { webhook: { type: "no" } }, { webhook: { ...noWebhook, rawType: "no" } }],
])("returns null for details that are %s", async (_case, details, expected) => {
  const { url } = await start(withData({ name: "N", type: "SINGLEDATAEXTRACTION", ...details }));

  const { body } = await readById(url);

  expect(body.errors).toBeUndefined();
  expect(body.data.dataExtractionAction).toMatchObject({ id: "act-1", name: "N", ...expected });
});

test.each<[string, unknown]>([
  ["description", { ...stored, description: 1 }],
  ["is_active", { ...stored, is_active: "true" }],
  ["webhook", { ...stored, webhook: [] }],
  ...Object.keys(stored.webhook).map((name): [string, unknown] => [name, { ...stored, webhook: { [name]: {} } }]),
  ["name", { ...stored, name: undefined }],
  ["type", { ...stored, type: null }],
  ["data", "text"],
])("is UPSTREAM_BAD_RESPONSE if %s has the wrong JSON type", async (_case, data) => {
  const { url } = await start(withData(data));

  const { extensions } = onlyError(await readById(url));

  expect(extensions).toMatchObject({ code: "UPSTREAM_BAD_RESPONSE", upstream: { status: 200, ctxId: "ctx-2" } });
});

test("reads each action once per request, however many fields, aliases, and references select it", async () => {
  const { upstream, url } = await start();
  const query = `{
    first: dataExtractionAction(id: "a") { name isActive }
    again: dataExtractionAction(id: "a") { description webhook { type } }
    _entities(representations: [{ __typename: "DataExtractionAction", id: "a" }]) { __typename }
  }`;

  const { body } = await send(url, { query });
  await readById(url, "a");

  expect(body).toEqual({
    data: {
      first: { name: "N", isActive: false },
      again: { description: "D", webhook: { type: "YES_NO" } },
      _entities: [{ __typename: "DataExtractionAction" }],
    },
  });
  expect(pathsOf(upstream)).toEqual(["/v2/_actions/a", "/v2/_actions/a"]);
});

describe("a federated reference", () => {
  const query = `query ($representations: [_Any!]!) {
    _entities(representations: $representations) { __typename ... on DataExtractionAction { id name isActive } }
  }`;
  const representation = (id: unknown) => ({ __typename: "DataExtractionAction", id });
  const resolve = (url: string, ...representations: unknown[]) => send(url, { query, variables: { representations } });

  test("is resolved by one read per action, also if its ID is a number, and is null if there is none", async () => {
    const { upstream, url } = await startWithUpstream(({ path }) =>
      path.endsWith("/7") ? notFound : withData(stored),
    );

    const { body } = await resolve(url, representation("a"), representation(7), representation("a"));

    const entity = { __typename: "DataExtractionAction", id: "a", name: "N", isActive: false };
    expect(body).toEqual({ data: { _entities: [entity, null, entity] } });
    expect(pathsOf(upstream)).toEqual(["/v2/_actions/7", "/v2/_actions/a"]);
  });

  test.each([
    {},
    "text",
    { __typename: "DataExtractionAction" },
    representation(null),
    representation({ a: 1 }),
    representation(1.5),
    { __typename: "Query", id: "a" },
    { __typename: 7, id: "a" },
    { __typename: "constructor", id: "a" },
  ])("is the caller's mistake if it is %j: nothing is read, and no bug is logged", async (wrong) => {
    const { upstream, url, logLines } = await start();

    const response = await resolve(url, representation("a"), wrong);

    const message = "Must have `__typename` DataExtractionAction and an `id` (index 1).";
    expect(response.status).toBe(200);
    expect(onlyError(response).extensions).toEqual({
      code: "BAD_USER_INPUT",
      requestId: response.headers.get("x-request-id"),
      retryable: false,
      fieldErrors: [{ path: ["representations"], message, rule: "type" }],
    });
    expect(upstream.received).toEqual([]);
    expect(logLines.join("")).not.toContain("internal error");
  });
});
