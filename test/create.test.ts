import { describe, expect, test } from "@jest/globals";
import { create, createMutation, fullInput, minimalInput, send } from "./helpers/graphql.ts";
import { eventually } from "./helpers/process.ts";
import { startSandboxedService, startService, startWithUpstream } from "./helpers/service.ts";
import { createdResponse, hold, startUpstream } from "./helpers/upstream.ts";

test("sends every documented field by one request below the configured path, with exactly these headers", async () => {
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: `${upstream.url}/tenant/eu/` });
  const forwarded = {
    authorization: "bEARER tok.en",
    "x-request-id": "form-17.a_b",
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    tracestate: "canary=1",
  };

  const response = await create(url, fullInput, {
    ...forwarded,
    cookie: "session=canary",
    "x-forwarded-for": "canary",
    "user-agent": "canary",
    accept: "application/json, canary/canary",
  });

  const action = { id: "act-1", name: "N", type: "SINGLEDATAEXTRACTION" };
  expect(response.status).toBe(200);
  expect(response.body).toEqual({ data: { createDataExtractionAction: { ctxId: "ctx-1", replayed: false, action } } });
  expect(response.headers.get("x-request-id")).toBe("form-17.a_b");
  const body =
    '{"name":"My Data Extraction Action","description":"Trigger this action if the user requests data extraction.",' +
    '"action_timing":"DURING","type":"SINGLEDATAEXTRACTION","webhook":{"mandatory":true,"name":"interested",' +
    '"description":"user interested on buying the product","type":"yes/no","sync_data":true,' +
    '"sync_module":"customers","sync_field":"customer_timezone"}}';
  const headers = {
    ...forwarded,
    accept: "application/json",
    "accept-encoding": "identity",
    "content-type": "application/json",
    "content-length": String(body.length),
    "user-agent": "contactswing-bff/0.0.0-test",
    host: new URL(upstream.url).host,
    connection: "keep-alive",
  };
  expect(upstream.received).toEqual([
    { method: "POST", path: "/tenant/eu/v2/_actions", headers, rawHeaders: expect.any(Array), body },
  ]);
});

test("sends values as they are given, and defaults, but no absent or null field and no idempotency key", async () => {
  const { upstream, url } = await startWithUpstream();
  const name = "  Größe 🙂\t";
  const webhook = { mandatory: false, syncData: null, name: null };

  await create(url, { name, description: null, webhook, idempotencyKey: "key-1" });

  const defaults = { action_timing: "DURING", type: "SINGLEDATAEXTRACTION" };
  const sent = { name, webhook: { mandatory: false }, ...defaults };
  expect(JSON.parse(upstream.received[0]?.body ?? "")).toStrictEqual(sent);
  expect(JSON.stringify(upstream.received)).not.toMatch(/idempotency|key-1/i);
});

test("sends equal create requests of one mutation one by one", async () => {
  const { upstream, url } = await startWithUpstream();
  const field = 'createDataExtractionAction(input: { name: "n", webhook: {} }) { ctxId }';

  await send(url, { query: `mutation { a: ${field} b: ${field} }` });

  expect(upstream.received).toHaveLength(2);
});

const fromInput = { ctxId: null, id: "a", name: minimalInput.name };
test.each<[string, number, object, object]>([
  ["status 200", 200, createdResponse.body as object, { ctxId: "ctx-1", id: "act-1", name: "N" }],
  ["no ctx_id, name, and type", 201, { data: { action_id: "a" } }, fromInput],
  ["a name and a type that are numbers", 201, { data: { action_id: "a", name: 7, type: 8 } }, fromInput],
])("accepts a response with %s", async (_case, status, body, expected) => {
  const { url } = await startWithUpstream(() => ({ status, body }));

  const response = await create(url, minimalInput);

  const { action, ctxId } = response.body.data.createDataExtractionAction;
  expect({ ctxId, ...action }).toEqual({ ...expected, type: "SINGLEDATAEXTRACTION" });
});

test("sends each of 200 overlapping requests with its own caller's token", async () => {
  const { respond, release } = hold(({ headers, body }) => ({
    status: 201,
    body: { data: { action_id: headers.authorization, name: JSON.parse(body).name } },
  }));
  const { upstream, url } = await startWithUpstream(respond);
  const callers = Array.from({ length: 200 }, (_, index) => ({ id: `Bearer token-${index}`, name: `caller ${index}` }));

  const requests = callers.map(({ id, name }) => create(url, { name, webhook: {} }, { authorization: id }));
  await eventually(() => upstream.received.length === 200);
  release();

  const actions = (await Promise.all(requests)).map(({ body }) => body.data.createDataExtractionAction.action);
  expect(actions).toEqual(callers.map((caller) => ({ ...caller, type: "SINGLEDATAEXTRACTION" })));
});

describe("the details of a created action", () => {
  const details =
    "id name description isActive webhook { mandatory name description type rawType syncData syncModule syncField }";
  const createWith = (url: string, selection: string, input: object = minimalInput) =>
    send(url, { query: createMutation.replace("id name type", selection), variables: { input } });

  test("are what was sent, read back by ID once, with the webhook's type as an enum in both directions", async () => {
    const { url, sandbox } = await startSandboxedService();

    const { body } = await createWith(url, details, fullInput);
    const { action } = body.data.createDataExtractionAction;

    expect(action).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: fullInput.name,
      description: fullInput.description,
      isActive: true,
      webhook: { ...fullInput.webhook, rawType: "yes/no" },
    });
    expect(sandbox.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v2/_actions",
      `GET /v2/_actions/${action.id}`,
    ]);
  });

  test.each([
    ["with 429", 429, {}, "RATE_LIMITED"],
    ["with 503", 503, {}, "UPSTREAM_ERROR"],
    ["because the action is not there yet", 404, {}, "UPSTREAM_ERROR"],
    ["because it is of another kind", 200, { data: { type: "WEBHOOK" } }, "UPSTREAM_ERROR"],
  ])("leave the payload intact when they fail %s", async (_case, readStatus, readBody, code) => {
    const failed = { status: readStatus, body: { ctx_id: "ctx-2", ...readBody } };
    const { url } = await startWithUpstream(({ method }) => (method === "POST" ? createdResponse : failed));

    const { status, body } = await createWith(url, "id name isActive webhook { name }");

    const action = { id: "act-1", name: "N", isActive: null, webhook: null };
    expect(status).toBe(200);
    expect(body.data.createDataExtractionAction).toEqual({ ctxId: "ctx-1", replayed: false, action });
    const upstream = { status: readStatus, ctxId: "ctx-2" };
    const extensions = expect.objectContaining({ code, outcome: "CREATED", retryable: false, upstream });
    expect(body.errors).toEqual(
      ["isActive", "webhook"].map((field) =>
        expect.objectContaining({ path: ["createDataExtractionAction", "action", field], extensions }),
      ),
    );
  });
});
