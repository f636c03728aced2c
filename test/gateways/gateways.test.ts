import { describe, expect, test } from "@jest/globals";
import { createMutation, minimalInput, onlyError, send } from "../helpers/graphql.ts";
import { startOtlpReceiver } from "../helpers/otlp-receiver.ts";
import { startSandboxedService, startService } from "../helpers/service.ts";
import { startSiblingSubgraph } from "../helpers/sibling-subgraph.ts";
import { createdResponse, type ReceivedRequest, type ScriptedResponse, startUpstream } from "../helpers/upstream.ts";
import { waitFor } from "../helpers/wait-for.ts";
import { composeSupergraph, readSubgraph } from "./composition.ts";
import { type GatewayName, startGateway } from "./gateway.ts";

const token = { authorization: "Bearer the-clients-own" };
const stored = { id: "act-1", name: "N", type: "SINGLEDATAEXTRACTION", is_active: true, webhook: { type: "yes/no" } };
const details: Readonly<Record<string, unknown>> = { name: "N", type: stored.type, isActive: true, description: null };
const storedResponse: ScriptedResponse = { status: 200, body: { ctx_id: "ctx-2", data: stored, message: "ok" } };

type Respond = (request: ReceivedRequest) => ScriptedResponse | Promise<ScriptedResponse>;

const respondWell: Respond = ({ method }) => (method === "POST" ? createdResponse : storedResponse);

const respondWithoutGone: Respond = ({ path }) =>
  path.endsWith("/gone") ? { status: 404, body: { detail: "Action not found" } } : storedResponse;

/** A gateway in front of the service and its sibling, and the service in front of an upstream. */
async function startGraph(name: GatewayName, respond: Respond = respondWell, calledActionIds: readonly string[] = []) {
  const upstream = await startUpstream(respond);
  const { url, logLines } = await startService({ CONTACTSWING_URL: upstream.url });
  return { upstream, serviceUrl: url, logLines, ...(await startGatewayInFront(name, url, calledActionIds)) };
}

async function startGatewayInFront(
  name: GatewayName,
  serviceUrl: string,
  calledActionIds: readonly string[] = [],
  environment: Record<string, string> = {},
) {
  const sibling = await startSiblingSubgraph(calledActionIds);
  const subgraphs = [await readSubgraph("contactswing", serviceUrl), await readSubgraph("calls", sibling.url)];
  // The requests of the composition are not part of any test.
  sibling.received.length = 0;
  return { sibling, gatewayUrl: await startGateway(name, composeSupergraph(subgraphs), environment) };
}

const pathsOf = (received: readonly ReceivedRequest[]) => received.map(({ method, path }) => `${method} ${path}`);

/** Create requests that fail, told apart by their names, and the extensions of their errors. */
const failures: {
  input: { name: string; webhook: object };
  response?: ScriptedResponse;
  headers?: Record<string, string>;
  [expected: string]: unknown;
}[] = [
  {
    input: { name: " ", webhook: { syncData: true } },
    code: "BAD_USER_INPUT",
    outcome: "NOT_CREATED",
    retryable: false,
    fieldErrors: expect.arrayContaining([expect.objectContaining({ path: ["input", "webhook", "syncField"] })]),
  },
  { input: { name: "no token", webhook: {} }, headers: {}, code: "UNAUTHENTICATED", outcome: "NOT_CREATED" },
  {
    input: { name: "422", webhook: {} },
    response: {
      status: 422,
      body: { detail: [{ type: "missing", loc: ["body", "webhook", "sync_field"], msg: "Field required" }] },
    },
    code: "BAD_USER_INPUT",
    outcome: "NOT_CREATED",
    retryable: false,
    fieldErrors: [{ path: ["input", "webhook", "syncField"], message: "Field required", rule: "missing" }],
    upstream: { status: 422, ctxId: null },
  },
  {
    input: { name: "429", webhook: {} },
    response: { status: 429, headers: { "retry-after": "7" }, body: "Rate exceeded." },
    code: "RATE_LIMITED",
    outcome: "NOT_CREATED",
    retryable: true,
    retryAfterSeconds: 7,
  },
  {
    input: { name: "500", webhook: {} },
    response: { status: 500, body: "Internal Server Error" },
    code: "UPSTREAM_ERROR",
    outcome: "UNKNOWN",
    retryable: false,
  },
  {
    input: { name: "created without an id", webhook: {} },
    response: { status: 201, body: { ctx_id: "ctx-9", data: {} } },
    code: "UPSTREAM_BAD_RESPONSE",
    outcome: "CREATED",
    retryable: false,
    upstream: { status: 201, ctxId: "ctx-9" },
  },
];

const gateways: GatewayName[] = ["apollo-gateway", "hive-gateway"];

describe.each(gateways)("through %s", (name) => {
  test("creates an action with the client's own token and joins the sibling's field to it", async () => {
    const { upstream, sibling, gatewayUrl } = await startGraph(name, respondWell, ["act-1", "act-2", "act-1"]);
    const query = createMutation.replace("id name type", "id name type callCount");
    const headers = { ...token, "x-request-id": "through-the-gateway", cookie: "canary=1" };

    const { status, body } = await send(gatewayUrl, { query, variables: { input: minimalInput } }, headers);

    expect(status).toBe(200);
    expect(body).toEqual({
      data: {
        createDataExtractionAction: {
          ctxId: "ctx-1",
          replayed: false,
          action: { id: "act-1", name: "N", type: "SINGLEDATAEXTRACTION", callCount: 2 },
        },
      },
    });
    expect(pathsOf(upstream.received)).toEqual(["POST /v2/_actions"]);
    expect(upstream.received[0]?.headers).toMatchObject({ ...token, "x-request-id": "through-the-gateway" });
    expect(upstream.received[0]?.headers).not.toHaveProperty("cookie");
    expect(sibling.received).toHaveLength(1);
    expect(sibling.received[0]).not.toHaveProperty("authorization");
  });

  test("reads the details of a created action, once, and joins the sibling's field", async () => {
    const { upstream, gatewayUrl } = await startGraph(name, respondWell, ["act-1"]);
    const query = createMutation.replace("id name type", "isActive webhook { type } callCount");

    const { body } = await send(gatewayUrl, { query, variables: { input: minimalInput } }, token);

    expect(body.errors).toBeUndefined();
    expect(body.data.createDataExtractionAction.action).toEqual({
      isActive: true,
      webhook: { type: "YES_NO" },
      callCount: 1,
    });
    expect(pathsOf(upstream.received)).toEqual(["POST /v2/_actions", "GET /v2/_actions/act-1"]);
  });

  test("resolves the sibling's references to actions, each read once with the client's token", async () => {
    const { upstream, gatewayUrl } = await startGraph(name, respondWell, ["a", "b", "a"]);

    const query = "{ recentCalls { id action { id name isActive callCount } } }";
    const { body } = await send(gatewayUrl, { query }, token);

    const action = (id: string, callCount: number) => ({ id, name: "N", isActive: true, callCount });
    expect(body).toEqual({
      data: {
        recentCalls: [
          { id: "call-0", action: action("a", 2) },
          { id: "call-1", action: action("b", 1) },
          { id: "call-2", action: action("a", 2) },
        ],
      },
    });
    expect(pathsOf(upstream.received).sort()).toEqual(["GET /v2/_actions/a", "GET /v2/_actions/b"]);
    expect(upstream.received.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill(token.authorization));
  });

  test("resolves a reference to an action that no longer exists to null", async () => {
    const { upstream, gatewayUrl } = await startGraph(name, respondWithoutGone, ["act-1", "gone"]);

    const { body } = await send(
      gatewayUrl,
      { query: "{ recentCalls { id action { id isActive webhook { name } } } }" },
      token,
    );

    const action = { id: "act-1", isActive: true, webhook: { name: null } };
    expect(body).toEqual({
      data: {
        recentCalls: [
          { id: "call-0", action },
          { id: "call-1", action: { id: "gone", isActive: null, webhook: null } },
        ],
      },
    });
    expect(pathsOf(upstream.received).sort()).toEqual(["GET /v2/_actions/act-1", "GET /v2/_actions/gone"]);
  });

  test.each([
    ["nullable", "action", { recentCalls: [{ action: { name: "N" } }, { action: null }] }],
    ["non-nullable", "requiredAction", null],
  ])("reports the missing name of such an action in a %s field as this gateway does", async (_kind, field, data) => {
    const { gatewayUrl } = await startGraph(name, respondWithoutGone, ["act-1", "gone"]);

    const { body } = await send(gatewayUrl, { query: `{ recentCalls { ${field} { name } } }` }, token);

    const path = ["recentCalls", 1, field, "name"];
    expect(body.data).toEqual(data);
    // As docs/federation.md says.
    if (name === "hive-gateway") {
      expect(body.errors).toMatchObject([{ path, extensions: { code: "INTERNAL_SERVER_ERROR" } }]);
    } else {
      expect(body.errors).toBeUndefined();
      expect(body).toMatchObject({ extensions: { valueCompletion: [{ path }] } });
    }
  });

  test("resolves the references of 11 aliased fields", async () => {
    const { gatewayUrl, logLines } = await startGraph(name, respondWell, ["act-1"]);
    // All different, so that the gateway cannot merge them.
    const selections = Array.from({ length: 11 }, (_, index) =>
      Object.keys(details).filter((_field, bit) => (index + 1) & (1 << bit)),
    );

    const fields = selections.map((fields, index) => `a${index}: recentCalls { action { ${fields.join(" ")} } }`);
    const { body } = await send(gatewayUrl, { query: `{ ${fields.join(" ")} }` }, token);

    const pick = (fields: string[]) => Object.fromEntries(fields.map((field) => [field, details[field]]));
    expect(body).toEqual({
      data: Object.fromEntries(selections.map((fields, index) => [`a${index}`, [{ action: pick(fields) }]])),
    });
    const requests = logLines.filter((line) => line.includes("graphql request"));
    // One for the composition, one for the whole batch. Apollo Gateway does not batch.
    if (name === "hive-gateway") expect(requests).toHaveLength(2);
  });

  test("lists an action once it has been created", async () => {
    const { url } = await startSandboxedService();
    const { gatewayUrl } = await startGatewayInFront(name, url);
    const query =
      "{ dataExtractionActions(first: 100) { edges { node { id name callCount } } pageInfo { hasNextPage } } }";
    const list = async () => {
      const { body } = await send(gatewayUrl, { query });
      expect(body.errors).toBeUndefined();
      return body.data.dataExtractionActions.edges.map(({ node }: { node: object }) => node);
    };

    const before = await list();
    const created = await send(gatewayUrl, { query: createMutation, variables: { input: minimalInput } });
    const after = await list();

    const { id } = created.body.data.createDataExtractionAction.action;
    const isNew = (action: object) => !before.some((known: object) => JSON.stringify(known) === JSON.stringify(action));
    expect(after.filter(isNew)).toEqual([{ id, name: minimalInput.name, callCount: 0 }]);
  });

  test("keeps the responses of two clients apart that send the same request at the same time", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const arrived: (string | undefined)[] = [];
    const { gatewayUrl } = await startGraph(name, async ({ headers: { authorization } }) => {
      arrived.push(authorization);
      if (arrived.length === 2) release();
      await held;
      const data = { ...stored, name: `of ${authorization}` };
      return { status: 200, body: { ctx_id: "c", data, message: "ok" } };
    });

    const query = '{ dataExtractionAction(id: "a") { name } }';
    const responses = await Promise.all(
      ["Bearer one", "Bearer two"].map((authorization) => send(gatewayUrl, { query }, { authorization })),
    );

    expect(responses.map(({ body }) => body.data.dataExtractionAction.name)).toEqual([
      "of Bearer one",
      "of Bearer two",
    ]);
  });

  test("passes on the error of every failed create request unchanged", async () => {
    const { serviceUrl, gatewayUrl } = await startGraph(name, ({ body }) => {
      const failure = failures.find((candidate) => body.includes(`"name":"${candidate.input.name}"`));
      return failure?.response ?? createdResponse;
    });

    for (const { input, response: _response, headers = token, ...expected } of failures) {
      const request = { query: createMutation, variables: { input } };
      const direct = onlyError(await send(serviceUrl, request, { ...headers, "x-request-id": "same-id" }));
      const federated = await send(gatewayUrl, request, { ...headers, "x-request-id": "same-id" });

      expect(direct.extensions).toMatchObject({ ...expected, requestId: "same-id" });
      expect(federated.status).toBe(200);
      expect(federated.body.data).toEqual({ createDataExtractionAction: null });
      const { message, path, extensions } = direct;
      expect(onlyError(federated)).toMatchObject({ message, path, extensions });
    }
  });

  test("keeps the ID of a successful create request beside a failed one", async () => {
    const { gatewayUrl } = await startGraph(name, ({ body }) =>
      body.includes("bad") ? { status: 400, body: { detail: "Invalid webhook configuration" } } : createdResponse,
    );
    const field = (alias: string) =>
      `${alias}: createDataExtractionAction(input: { name: "${alias}", webhook: {} }) { action { id callCount } }`;

    const response = await send(gatewayUrl, { query: `mutation { ${field("good")} ${field("bad")} }` }, token);

    expect(response.body.data).toEqual({ good: { action: { id: "act-1", callCount: 0 } }, bad: null });
    expect(onlyError(response)).toMatchObject({
      message: "Invalid webhook configuration",
      path: ["bad"],
      extensions: { code: "BAD_USER_INPUT", outcome: "NOT_CREATED" },
    });
  });

  test("passes on the payload of a create request whose details cannot be read, and the error", async () => {
    const { gatewayUrl } = await startGraph(name, ({ method }) =>
      method === "POST" ? createdResponse : { status: 503, body: "no instance" },
    );
    const query = createMutation.replace("id name type", "id isActive callCount");

    const response = await send(gatewayUrl, { query, variables: { input: minimalInput } }, token);

    expect(response.body.data.createDataExtractionAction.action).toEqual({ id: "act-1", isActive: null, callCount: 0 });
    expect(onlyError(response)).toMatchObject({
      path: ["createDataExtractionAction", "action", "isActive"],
      extensions: { code: "UPSTREAM_ERROR", outcome: "CREATED", retryable: false },
    });
  });
});

test.each([
  ["begins", {}],
  ["continues", { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" }],
])("a trace that Hive Gateway %s goes on through the service to ContactSwing", async (_verb, headers) => {
  const upstream = await startUpstream(() => createdResponse);
  const gatewaySpans = await startSpanReceiver();
  const serviceSpans = await startOtlpReceiver();
  const { url } = await startService({
    CONTACTSWING_URL: upstream.url,
    OTEL_EXPORTER_OTLP_ENDPOINT: serviceSpans.url,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  });
  const { gatewayUrl } = await startGatewayInFront("hive-gateway", url, [], {
    OPENTELEMETRY: `${gatewaySpans.url}/v1/traces`,
    OTEL_BSP_SCHEDULE_DELAY: "100",
  });

  await send(gatewayUrl, { query: createMutation, variables: { input: minimalInput } }, { ...token, ...headers });

  const [, traceId = "", spanId] = String(upstream.received[0]?.headers.traceparent).split("-");
  const find = (spans: readonly Span[], id: string | undefined) => spans.find((span) => span.spanId === id);
  const trace = () => {
    const upstreamRequest = find(serviceSpans.spans, spanId);
    const request = serviceSpans.spans.find((span) => span.traceId === traceId && span.kind === "server");
    return [upstreamRequest, request, find(gatewaySpans.spans, request?.parentSpanId)];
  };
  await waitFor("the spans of the gateway and of the service", () => !trace().includes(undefined));

  expect(trace().map((span) => span?.traceId)).toEqual([traceId, traceId, traceId]);
  expect(trace().map((span) => span?.name)).toEqual(["POST /v2/_actions", "POST /graphql", expect.anything()]);
  if ("traceparent" in headers) expect(headers.traceparent).toContain(traceId);
});

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
}

/** Receives the spans of the gateway, which it exports as JSON. */
async function startSpanReceiver() {
  const spans: Span[] = [];
  const { url } = await startUpstream(({ body }) => {
    for (const { scopeSpans } of JSON.parse(body).resourceSpans) {
      for (const { spans: received } of scopeSpans) spans.push(...received);
    }
    return { status: 200, body: {} };
  });
  return { url, spans };
}
