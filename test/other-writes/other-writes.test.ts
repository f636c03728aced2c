// Writes that the service does not have, added by their declarations alone: the core knows no operation by name.
import { expect, test } from "@jest/globals";
import { operations } from "../../src/operations/index.ts";
import { onlyError, send, summarize } from "../helpers/graphql.ts";
import { scrape } from "../helpers/metrics.ts";
import { startService } from "../helpers/service.ts";
import { createdResponse, type ReceivedRequest, type Respond, startUpstream } from "../helpers/upstream.ts";
import { createCampaign, createCampaignWithoutReadBack } from "./create-campaign.ts";
import { deleteAction } from "./delete-action.ts";
import { updateAction } from "./update-action.ts";

async function start(respond: Respond, environment: Record<string, string> = {}) {
  const upstream = await startUpstream(respond);
  const settings = { CONTACTSWING_URL: upstream.url, UPSTREAM_TIMEOUT_MS: "300", ...environment };
  const running = await startService(settings, {
    operations: [...operations, updateAction, deleteAction, createCampaign],
  });
  return { ...running, upstream };
}

const updateQuery =
  "mutation ($id: ID!, $input: UpdateActionInput!) { updateAction(id: $id, input: $input) { version } }";
const update = (url: string, input: object, id = "act-1", headers?: Record<string, string>) =>
  send(url, { query: updateQuery, variables: { id, input } }, headers);
const remove = (url: string, id = "act-1", headers?: Record<string, string>) =>
  send(url, { query: "mutation ($id: ID!) { deleteAction(id: $id) }", variables: { id } }, headers);
const campaignQuery = "mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { id replayed } }";
const createOne = (url: string, input: object, headers?: Record<string, string>) =>
  send(url, { query: campaignQuery, variables: { input } }, headers);

const updated = { status: 200, body: { version: 2 } };
const campaign = { status: 201, body: { ctx_id: "ctx-c", id: "camp-1" } };

test("an update sends its path parameter, its list of objects, and the nulls that clear fields", async () => {
  const { url, upstream } = await start(() => updated);
  const questions = [{ text: "Why?", type: "YES_NO" }, null, { text: "When?", type: null }];

  const { body } = await update(url, { prompt: null, maxAttempts: 3, questions });

  expect(body).toEqual({ data: { updateAction: { version: 2 } } });
  expect(upstream.received).toMatchObject([{ method: "PUT", path: "/v2/_actions/act-1" }]);
  expect(JSON.parse(upstream.received[0]?.body ?? "")).toStrictEqual({
    prompt: null,
    max_attempts: 3,
    questions: [
      { question_text: "Why?", question_type: "yes/no" },
      null,
      { question_text: "When?", question_type: null },
    ],
  });
});

test("a delete sends no body, and needs none in the response", async () => {
  const { url, upstream } = await start(() => ({ status: 204 }));

  expect((await remove(url)).body).toEqual({ data: { deleteAction: true } });
  expect(upstream.received).toMatchObject([{ method: "DELETE", path: "/v2/_actions/act-1", body: "" }]);
});

const loseConnection: Respond = (_request, socket) => {
  socket.resetAndDestroy();
  return new Promise<never>(() => {});
};
const never: Respond = () => new Promise<never>(() => {});
const status =
  (code: number, body: unknown = { detail: "no" }): Respond =>
  () => ({ status: code, body });

test.each<[string, Respond, string, string, string]>([
  [
    "422",
    status(422, { detail: [{ loc: ["body", "name"], msg: "no", type: "value_error" }] }),
    "BAD_USER_INPUT NOT_UPDATED",
    "BAD_USER_INPUT NOT_DELETED",
    "BAD_USER_INPUT NOT_CREATED",
  ],
  ["404", status(404), "UPSTREAM_ERROR NOT_UPDATED", "UPSTREAM_ERROR NOT_DELETED", "UPSTREAM_ERROR NOT_CREATED"],
  ["409", status(409), "CONFLICT NOT_UPDATED", "CONFLICT NOT_DELETED", "CONFLICT NOT_CREATED"],
  ["408", status(408), "UPSTREAM_ERROR UNKNOWN", "UPSTREAM_ERROR UNKNOWN", "UPSTREAM_ERROR UNKNOWN"],
  [
    "503",
    status(503),
    "UPSTREAM_ERROR UNKNOWN retryable",
    "UPSTREAM_ERROR UNKNOWN retryable",
    "UPSTREAM_ERROR UNKNOWN",
  ],
  [
    "no response",
    never,
    "UPSTREAM_TIMEOUT UNKNOWN retryable",
    "UPSTREAM_TIMEOUT UNKNOWN retryable",
    "UPSTREAM_TIMEOUT UNKNOWN",
  ],
  [
    "a lost connection",
    loseConnection,
    "UPSTREAM_ERROR UNKNOWN retryable",
    "UPSTREAM_ERROR UNKNOWN retryable",
    "UPSTREAM_ERROR UNKNOWN",
  ],
])("%s has the outcome of the write that it fails", async (_case, respond, ofUpdate, ofDelete, ofCreate) => {
  const { url } = await start(respond);

  const responses = [await update(url, { name: "n" }), await remove(url), await createOne(url, { name: "n" })];

  expect(responses.map(summarize)).toEqual([ofUpdate, ofDelete, ofCreate]);
});

test("success without the documented body says what has been done", async () => {
  const { url } = await start(({ method }) => ({ status: method === "POST" ? 201 : 200, body: {} }));

  const errors = [onlyError(await update(url, { name: "n" })), onlyError(await createOne(url, { name: "n" }))];

  expect(errors.map(({ message, extensions }) => `${extensions.outcome}: ${message}`)).toEqual([
    "UPDATED: The action was updated, but ContactSwing's response does not have the documented format.",
    "CREATED: The campaign was created, but ContactSwing's response does not have the documented format.",
  ]);
});

test("errors of ContactSwing have the names of the write's own fields", async () => {
  const detail = [
    { loc: ["body", "questions", 0, "Question", "question_type"], msg: "question_type: yes/no is odd", type: "x" },
    { loc: ["path", "action_id"], msg: "action_id is no UUID", type: "uuid" },
  ];
  const { url } = await start(status(422, { detail }));

  expect(onlyError(await update(url, { name: "n" })).extensions.fieldErrors).toEqual([
    { path: ["input", "questions", "type"], message: "type: YES_NO is odd", rule: "x" },
    { path: ["id"], message: "id is no UUID", rule: "uuid" },
  ]);
});

test("rules apply to the items of a list, and the ID that cannot be in a path is sent nowhere", async () => {
  const { url, upstream } = await start(() => updated);

  const invalid = await update(url, { questions: [{ text: "ok" }, { text: " " }] });
  const impossible = await update(url, { name: "n" }, "../users");

  expect(onlyError(invalid).extensions.fieldErrors).toEqual([
    { path: ["input", "questions", "text"], message: "Must not be blank.", rule: "isNotBlank" },
  ]);
  expect(summarize(impossible)).toBe("UPSTREAM_ERROR NOT_UPDATED");
  expect(upstream.received).toEqual([]);
});

test("no write is done for a caller without a token", async () => {
  const { url, upstream } = await start(() => updated);

  const responses = [
    await update(url, { name: "n" }, "act-1", {}),
    await remove(url, "act-1", {}),
    await createOne(url, { name: "n" }, {}),
  ];

  expect(responses.map(summarize)).toEqual([
    "UNAUTHENTICATED NOT_UPDATED",
    "UNAUTHENTICATED NOT_DELETED",
    "UNAUTHENTICATED NOT_CREATED",
  ]);
  expect(upstream.received).toEqual([]);
});

test("the same key and input in two operations are two keys, each with its own replay", async () => {
  const { url, upstream } = await start(({ path }) => (path === "/v2/campaigns" ? campaign : createdResponse));
  const keyed = { name: "n", idempotencyKey: "k" };
  const createAction = () =>
    send(url, {
      query: "mutation ($i: CreateDataExtractionActionInput!) { createDataExtractionAction(input: $i) { replayed } }",
      variables: { i: { ...keyed, webhook: {} } },
    });

  const first = [await createOne(url, keyed), await createAction()];
  const again = [await createOne(url, keyed), await createAction()];
  const changed = await createOne(url, { ...keyed, name: "other" });

  expect(first.map(({ body }) => body.data)).toEqual([
    { createCampaign: { id: "camp-1", replayed: false } },
    { createDataExtractionAction: { replayed: false } },
  ]);
  expect(again.map(({ body }) => body.data)).toEqual([
    { createCampaign: { id: "camp-1", replayed: true } },
    { createDataExtractionAction: { replayed: true } },
  ]);
  expect(summarize(changed)).toBe("IDEMPOTENCY_KEY_REUSED NOT_CREATED");
  expect(upstream.received).toHaveLength(2);
});

const jwtOf = (jti: string) =>
  `Bearer ${["{}", JSON.stringify({ iss: "i", sub: "s", jti }), "x"].map((part) => Buffer.from(part).toString("base64url")).join(".")}`;

test("a replay to a refreshed token is confirmed by the write's own read", async () => {
  const { url, upstream } = await start(({ method }) => (method === "POST" ? campaign : { status: 200, body: {} }));
  const keyed = { name: "n", idempotencyKey: "k" };

  await createOne(url, keyed, { authorization: jwtOf("1") });
  const { body } = await createOne(url, keyed, { authorization: jwtOf("2") });

  expect(body.data).toEqual({ createCampaign: { id: "camp-1", replayed: true } });
  expect(upstream.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "POST /v2/campaigns",
    "GET /v2/campaigns/camp-1",
  ]);
});

test("what was read before a write is read again after it", async () => {
  const stored = { data: { name: "n", type: "SINGLEDATAEXTRACTION", is_active: true } };
  const respond = ({ method }: ReceivedRequest) => {
    if (method === "PUT") return updated;
    return method === "POST" ? createdResponse : { status: 200, body: stored };
  };
  const { url, upstream } = await start(respond);
  const created = 'createDataExtractionAction(input: { name: "n", webhook: {} }) { action { isActive } }';

  const query = `mutation { a: ${created} b: updateAction(id: "act-1", input: { name: "m" }) { version } c: ${created} }`;
  const { body } = await send(url, { query });

  expect(body.errors).toBeUndefined();
  expect(upstream.received.map(({ method }) => method)).toEqual(["POST", "GET", "PUT", "POST", "GET"]);
});

test("writes have their log lines and metrics", async () => {
  const { url, lines } = await start(({ method }) => (method === "PUT" ? updated : { status: 503 }));

  await update(url, { name: "n" });
  await remove(url);

  expect(lines()).toMatchObject([
    { "graphql.root_field": "updateAction", "event.outcome": "success", "upstream.status_code": 200 },
    { "graphql.root_field": "deleteAction", "failure.kind": "server-error", "failure.outcome": "UNKNOWN" },
  ]);
  const { value } = await scrape(url);
  expect(value("contactswing_bff_requests_total", { root_field: "updateAction", code: "OK" })).toBe(1);
  expect(value("contactswing_bff_requests_total", { root_field: "deleteAction", code: "UPSTREAM_ERROR" })).toBe(1);
  const labels = { operation: "deleteAction", kind: "server-error", cause: "503" };
  expect(value("contactswing_bff_upstream_failures_total", labels)).toBe(1);
});

test("an operation with an idempotency key and no readBack prevents the start", async () => {
  const starting = startService({}, { operations: [...operations, createCampaignWithoutReadBack] });

  await expect(starting).rejects.toThrow("createCampaign has an idempotencyKey and needs readBack.");
});
