import { describe, expect, test } from "@jest/globals";
import { create, createMutation, fullInput, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { startSandboxedService, startService } from "./helpers/service.ts";
import { createdResponse, type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
const token = { authorization: "Bearer t" };

async function start(respond?: Parameters<typeof startUpstream>[0], path = "") {
  const upstream = await startUpstream(respond);
  return { upstream, ...(await startService({ CONTACTSWING_URL: upstream.url + path })) };
}

test("sends every documented field by one request, with exactly these headers", async () => {
  const { url, sandbox, sandboxUrl } = await startSandboxedService();

  const response = await create(url, fullInput);

  expect(response.status).toBe(200);
  expect(response.body).toEqual({
    data: {
      createDataExtractionAction: {
        ctxId: uuid,
        replayed: false,
        action: { id: uuid, name: "My Data Extraction Action", type: "SINGLEDATAEXTRACTION" },
      },
    },
  });
  expect(sandbox.requests).toHaveLength(1);
  const [request] = sandbox.requests;
  const body =
    '{"name":"My Data Extraction Action","description":"Trigger this action if the user requests data extraction.",' +
    '"action_timing":"DURING","type":"SINGLEDATAEXTRACTION","webhook":{"mandatory":true,"name":"interested",' +
    '"description":"user interested on buying the product","type":"yes/no","sync_data":true,' +
    '"sync_module":"customers","sync_field":"customer_timezone"}}';
  expect(request).toMatchObject({ method: "POST", path: "/v2/_actions", body });
  const headers = Object.fromEntries(
    (request?.rawHeaders ?? []).flatMap((name, index, all) =>
      index % 2 === 0 ? [[name.toLowerCase(), all[index + 1]]] : [],
    ),
  );
  expect(headers).toEqual({
    authorization: "Bearer contactswing-sandbox-demo-token",
    accept: "application/json",
    "accept-encoding": "identity",
    "content-type": "application/json",
    "content-length": String(body.length),
    "user-agent": "contactswing-bff/0.0.0-test",
    "x-request-id": response.headers.get("x-request-id"),
    host: new URL(sandboxUrl).host,
    connection: "keep-alive",
  });
});

test.each([
  [
    "omits absent and null fields, fills in the defaults, and keeps the idempotency key to itself",
    { ...minimalInput, description: null, webhook: { syncData: null, name: null }, idempotencyKey: "key-1" },
    { name: "Interested?", webhook: {} },
  ],
  [
    "sends values as they are: not trimmed, false and emoji included",
    { name: "  Größe 🙂\t", webhook: { mandatory: false, syncData: false } },
    { name: "  Größe 🙂\t", webhook: { mandatory: false, sync_data: false } },
  ],
])("%s", async (_case, input, sent) => {
  const { upstream, url } = await start();

  await create(url, input);

  expect(JSON.parse(upstream.received[0]?.body ?? "")).toStrictEqual({
    ...sent,
    action_timing: "DURING",
    type: "SINGLEDATAEXTRACTION",
  });
  expect(JSON.stringify(upstream.received)).not.toMatch(/idempotency|key-1/i);
});

test.each<[string, number, object, object]>([
  ["status 200", 200, createdResponse.body as object, { ctxId: "ctx-1", id: "act-1", name: "N" }],
  ["no ctx_id, name, and type", 201, { data: { action_id: "a" } }, { ctxId: null, id: "a", name: minimalInput.name }],
  [
    "a name and a type that are not strings",
    201,
    { data: { action_id: "a", name: 7, type: 8 } },
    { ctxId: null, id: "a", name: minimalInput.name },
  ],
])("accepts a response with %s", async (_case, status, body, expected) => {
  const { url } = await start(() => ({ status, body }));

  const response = await create(url, minimalInput);

  const { action, ctxId } = response.body.data.createDataExtractionAction;
  expect({ ctxId, ...action }).toEqual({ ...expected, type: "SINGLEDATAEXTRACTION" });
});

test("keeps the path prefix of the configured URL", async () => {
  const { upstream, url } = await start(undefined, "/tenant/eu/");

  await create(url, minimalInput);

  expect(upstream.received[0]?.path).toBe("/tenant/eu/v2/_actions");
});

test("forwards the token, the request ID, and the trace context of the caller, and nothing else", async () => {
  const { upstream, url } = await start();
  const forwarded = {
    authorization: "bEARER tok.en",
    "x-request-id": "form-17.a_b",
    traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  };

  const response = await create(url, minimalInput, {
    ...forwarded,
    cookie: "session=canary",
    "x-forwarded-for": "canary",
    "user-agent": "canary",
    accept: "application/json, canary/canary",
    tracestate: "canary=1",
  });
  await create(url, minimalInput, { ...token, traceparent: "00-00000000000000000000000000000000-canary-01" });

  expect(response.headers.get("x-request-id")).toBe(forwarded["x-request-id"]);
  expect(upstream.received[0]?.headers).toMatchObject(forwarded);
  expect(JSON.stringify(upstream.received)).not.toContain("canary");
});

test("sends each of 200 overlapping requests with its own caller's token", async () => {
  const waiting: (() => void)[] = [];
  const { upstream, url } = await start(async ({ headers, body }) => {
    // Responds only once all have arrived, the last one first, so that every request overlaps with every other.
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 200) for (const release of waiting.reverse()) release();
    });
    const { name } = JSON.parse(body);
    return { status: 201, body: { ctx_id: headers.authorization, data: { action_id: `id of ${name}`, name } } };
  });

  const responses = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      create(url, { name: `caller ${index}`, webhook: {} }, { authorization: `Bearer token-${index}` }),
    ),
  );

  for (const { headers, body } of upstream.received) {
    expect(headers.authorization).toBe(`Bearer token-${JSON.parse(body).name.slice("caller ".length)}`);
  }
  expect(responses.map(({ body }) => body.data.createDataExtractionAction.action.id)).toEqual(
    responses.map((_, index) => `id of caller ${index}`),
  );
});

test("keeps the IDs of created actions when a sibling fails", async () => {
  const { url } = await start(({ body }) =>
    JSON.parse(body).name === "bad" ? { status: 400, body: { detail: "no" } } : createdResponse,
  );
  const field = (alias: string, name: string) =>
    `${alias}: createDataExtractionAction(input: { name: "${name}", webhook: {} }) { action { id } }`;

  const { status, body } = await send(url, {
    query: `mutation { ${field("a", "good")} ${field("b", "bad")} ${field("c", "good")} }`,
  });

  expect(status).toBe(200);
  expect(body.data).toEqual({ a: { action: { id: "act-1" } }, b: null, c: { action: { id: "act-1" } } });
  expect(body.errors).toMatchObject([{ path: ["b"], extensions: { code: "BAD_USER_INPUT", outcome: "NOT_CREATED" } }]);
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
      id: uuid,
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

  test("are not requested for fields that a directive leaves out, or if nothing was created", async () => {
    const { upstream, url } = await start(({ body }) =>
      body.includes("bad") ? { status: 400, body: { detail: "Invalid webhook" } } : createdResponse,
    );

    const created = await createWith(url, "id isActive @skip(if: true) webhook @include(if: false) { name }");
    const failed = await createWith(url, details, { name: "bad", webhook: {} });

    expect(created.body.errors).toBeUndefined();
    expect(onlyError(failed).extensions.outcome).toBe("NOT_CREATED");
    expect(upstream.received).toHaveLength(2);
  });

  test.each<[string, ScriptedResponse, string]>([
    ["429", { status: 429, headers: { "retry-after": "3" } }, "RATE_LIMITED"],
    ["503", { status: 503 }, "UPSTREAM_ERROR"],
    ["404, because ContactSwing does not return the action yet", { status: 404, body: {} }, "UPSTREAM_ERROR"],
  ])("leave the payload intact when they fail with %s", async (_case, scripted, code) => {
    const { url } = await start(({ method }) => (method === "POST" ? createdResponse : scripted));

    const { status, body } = await createWith(url, "id name isActive webhook { name }");

    expect(status).toBe(200);
    expect(body.data.createDataExtractionAction).toEqual({
      ctxId: "ctx-1",
      replayed: false,
      action: { id: "act-1", name: "N", isActive: null, webhook: null },
    });
    expect(body.errors?.map(({ path, extensions }) => ({ path, ...extensions }))).toMatchObject(
      ["isActive", "webhook"].map((field) => ({
        path: ["createDataExtractionAction", "action", field],
        code,
        outcome: "CREATED",
        retryable: false,
        upstream: { status: scripted.status },
      })),
    );
  });

  test.each<[string, ScriptedResponse]>([
    ["does not exist yet", { status: 404, body: { ctx_id: "ctx-2", detail: "Action not found" } }],
    ["is of another kind", { status: 200, body: { ctx_id: "ctx-2", data: { type: "WEBHOOK" } } }],
  ])("fail with the facts of the response if the action %s", async (_case, scripted) => {
    const { url } = await start(({ method }) => (method === "POST" ? createdResponse : scripted));

    const { extensions } = onlyError(await createWith(url, "isActive"));

    expect(extensions).toMatchObject({ outcome: "CREATED", upstream: { status: scripted.status, ctxId: "ctx-2" } });
  });
});
