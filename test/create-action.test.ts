import { expect, test } from "@jest/globals";
import { create, fullInput, minimalInput, send } from "./helpers/graphql.ts";
import { startSandboxedService, startService } from "./helpers/service.ts";
import { createdAnswer, startUpstream } from "./helpers/upstream.ts";

const uuid = expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

test("creates an action with every documented field and answers what ContactSwing answered", async () => {
  const { url, sandbox, sandboxUrl } = await startSandboxedService();

  const answer = await create(url, fullInput);

  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({
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
    "x-request-id": answer.headers.get("x-request-id"),
    host: new URL(sandboxUrl).host,
    connection: "keep-alive",
  });
});

test("leaves absent and null fields out and fills in the defaults", async () => {
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  await create(url, { ...minimalInput, description: null, webhook: { syncData: null, name: null } });

  expect(upstream.received[0]?.body).toBe(
    '{"name":"Interested?","action_timing":"DURING","type":"SINGLEDATAEXTRACTION","webhook":{}}',
  );
});

test("sends values as they were given: not trimmed, false and emoji included", async () => {
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  await create(url, { name: "  Größe 🙂\t", webhook: { mandatory: false, syncData: false } });

  expect(JSON.parse(upstream.received[0]?.body ?? "")).toEqual({
    name: "  Größe 🙂\t",
    action_timing: "DURING",
    type: "SINGLEDATAEXTRACTION",
    webhook: { mandatory: false, sync_data: false },
  });
});

test("never sends the idempotency key to ContactSwing", async () => {
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  await create(url, { ...minimalInput, idempotencyKey: "key-1" });

  expect(upstream.received).toHaveLength(1);
  expect(JSON.stringify(upstream.received)).not.toMatch(/idempotency|key-1/i);
});

test.each([
  ["a 200", { ...createdAnswer, status: 200 }, { ctxId: "ctx-1", action: { id: "act-1", name: "N" } }],
  [
    "no ctx_id",
    { status: 201, body: { data: { action_id: "a", name: "N" } } },
    { ctxId: null, action: { id: "a", name: "N" } },
  ],
  [
    "no name and no type",
    { status: 201, body: { ctx_id: "c", data: { action_id: "a" } } },
    { ctxId: "c", action: { id: "a", name: "Interested?" } },
  ],
])("takes an answer with %s as a good one", async (_case, scripted, expected) => {
  const upstream = await startUpstream(() => scripted);
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const { body } = await create(url, minimalInput);

  expect(body).toEqual({
    data: {
      createDataExtractionAction: {
        ctxId: expected.ctxId,
        replayed: false,
        action: { ...expected.action, type: "SINGLEDATAEXTRACTION" },
      },
    },
  });
});

test("keeps the path prefix of the configured URL", async () => {
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: `${upstream.url}/tenant/eu/` });

  await create(url, minimalInput);

  expect(upstream.received[0]?.path).toBe("/tenant/eu/v2/_actions");
});

test("passes the caller's request id and trace context on, and nothing else of the caller's", async () => {
  const upstream = await startUpstream();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });
  const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

  const answer = await create(url, minimalInput, {
    authorization: "bEARER tok.en",
    "x-request-id": "form-17.a_b",
    traceparent,
    cookie: "session=canary",
    "x-forwarded-for": "canary",
    "user-agent": "canary",
    accept: "application/json, canary/canary",
    tracestate: "canary=1",
  });

  expect(answer.headers.get("x-request-id")).toBe("form-17.a_b");
  const headers = upstream.received[0]?.headers;
  expect(headers).toMatchObject({ authorization: "bEARER tok.en", "x-request-id": "form-17.a_b", traceparent });
  expect(JSON.stringify(headers)).not.toContain("canary");
});

test.each(["00-00000000000000000000000000000000-00f067aa0ba902b7-01", "canary"])(
  "drops the malformed trace context %s",
  async (traceparent) => {
    const upstream = await startUpstream();
    const { url } = await startService({ CONTACTSWING_URL: upstream.url });

    await create(url, minimalInput, { authorization: "Bearer t", traceparent });

    expect(upstream.received).toHaveLength(1);
    expect(upstream.received[0]?.headers.traceparent).toBeUndefined();
  },
);

test("carries each caller's own token in 200 interleaved calls of 200 callers", async () => {
  const waiting: (() => void)[] = [];
  const upstream = await startUpstream(async ({ headers, body }) => {
    // Answer only when all have come, last one first, so that every call overlaps with every other.
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 200) for (const release of waiting.reverse()) release();
    });
    const { name } = JSON.parse(body);
    return { status: 201, body: { ctx_id: headers.authorization, data: { action_id: `id of ${name}`, name } } };
  });
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const answers = await Promise.all(
    Array.from({ length: 200 }, (_, index) =>
      create(url, { name: `caller ${index}`, webhook: {} }, { authorization: `Bearer token-${index}` }),
    ),
  );

  expect(upstream.received).toHaveLength(200);
  for (const { headers, body } of upstream.received) {
    expect(headers.authorization).toBe(`Bearer token-${JSON.parse(body).name.slice("caller ".length)}`);
  }
  expect(answers.map(({ body }) => body.data.createDataExtractionAction.action.id)).toEqual(
    answers.map((_, index) => `id of caller ${index}`),
  );
});

test("keeps the ids of good creates when a sibling fails", async () => {
  const upstream = await startUpstream(({ body }) =>
    JSON.parse(body).name === "bad" ? { status: 400, body: { detail: "no" } } : createdAnswer,
  );
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });
  const field = (alias: string, name: string) =>
    `${alias}: createDataExtractionAction(input: { name: "${name}", webhook: {} }) { action { id } }`;

  const { status, body } = await send(url, {
    query: `mutation { ${field("a", "good")} ${field("b", "bad")} ${field("c", "good")} }`,
  });

  expect(status).toBe(200);
  expect(body.data).toEqual({ a: { action: { id: "act-1" } }, b: null, c: { action: { id: "act-1" } } });
  expect(body.errors).toMatchObject([{ path: ["b"], extensions: { code: "BAD_USER_INPUT", outcome: "NOT_CREATED" } }]);
});
