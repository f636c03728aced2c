import { describe, expect, test } from "@jest/globals";
import { createMutation, minimalInput, onlyError, send } from "../helpers/graphql.ts";
import { startService } from "../helpers/service.ts";
import { startSiblingSubgraph } from "../helpers/sibling-subgraph.ts";
import { createdAnswer, type ReceivedRequest, type ScriptedAnswer, startUpstream } from "../helpers/upstream.ts";
import { composeSupergraph, readSubgraph } from "./composition.ts";
import { type GatewayName, startGateway } from "./gateway.ts";

const token = { authorization: "Bearer the-clients-own" };
const stored = { id: "act-1", name: "N", type: "SINGLEDATAEXTRACTION", is_active: true, webhook: { type: "yes/no" } };
const storedAnswer: ScriptedAnswer = { status: 200, body: { ctx_id: "ctx-2", data: stored, message: "ok" } };

type Answer = (request: ReceivedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;

const answerWell: Answer = ({ method }) => (method === "POST" ? createdAnswer : storedAnswer);

/** A gateway in front of the service and its sibling, and the service in front of an upstream. */
async function startGraph(name: GatewayName, answer: Answer = answerWell, calledActionIds: readonly string[] = []) {
  const upstream = await startUpstream(answer);
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });
  const sibling = await startSiblingSubgraph(calledActionIds);
  const subgraphs = [await readSubgraph("contactswing", url), await readSubgraph("calls", sibling.url)];
  // What composition asked for is no part of any test.
  sibling.received.length = 0;
  return { upstream, sibling, serviceUrl: url, gatewayUrl: await startGateway(name, composeSupergraph(subgraphs)) };
}

const calls = (received: readonly ReceivedRequest[]) => received.map(({ method, path }) => `${method} ${path}`);

/** Creates that fail, told apart by their names, and what the service says of each. */
const failures: {
  input: { name: string; webhook: object };
  answer?: ScriptedAnswer;
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
    answer: {
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
    answer: { status: 429, headers: { "retry-after": "7" }, body: "Rate exceeded." },
    code: "RATE_LIMITED",
    outcome: "NOT_CREATED",
    retryable: true,
    retryAfterSeconds: 7,
  },
  {
    input: { name: "500", webhook: {} },
    answer: { status: 500, body: "Internal Server Error" },
    code: "UPSTREAM_ERROR",
    outcome: "UNKNOWN",
    retryable: false,
  },
  {
    input: { name: "created without an id", webhook: {} },
    answer: { status: 201, body: { ctx_id: "ctx-9", data: {} } },
    code: "UPSTREAM_BAD_RESPONSE",
    outcome: "CREATED",
    retryable: false,
    upstream: { status: 201, ctxId: "ctx-9" },
  },
];

const gateways: GatewayName[] = ["apollo-gateway", "hive-gateway"];

describe.each(gateways)("through %s", (name) => {
  test("creates an action with the client's own token and joins the sibling's field to it", async () => {
    const { upstream, sibling, gatewayUrl } = await startGraph(name, answerWell, ["act-1", "act-2", "act-1"]);
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
    expect(calls(upstream.received)).toEqual(["POST /v2/_actions"]);
    expect(upstream.received[0]?.headers).toMatchObject({ ...token, "x-request-id": "through-the-gateway" });
    expect(upstream.received[0]?.headers).not.toHaveProperty("cookie");
    expect(sibling.received).toHaveLength(1);
    expect(sibling.received[0]).not.toHaveProperty("authorization");
  });

  test("reads the details of a created action, once, and joins the sibling's field", async () => {
    const { upstream, gatewayUrl } = await startGraph(name, answerWell, ["act-1"]);
    const query = createMutation.replace("id name type", "isActive webhook { type } callCount");

    const { body } = await send(gatewayUrl, { query, variables: { input: minimalInput } }, token);

    expect(body.errors).toBeUndefined();
    expect(body.data.createDataExtractionAction.action).toEqual({
      isActive: true,
      webhook: { type: "YES_NO" },
      callCount: 1,
    });
    expect(calls(upstream.received)).toEqual(["POST /v2/_actions", "GET /v2/_actions/act-1"]);
  });

  test("resolves the sibling's references to actions, each read once with the client's token", async () => {
    const { upstream, gatewayUrl } = await startGraph(name, answerWell, ["a", "b", "a"]);

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
    expect(calls(upstream.received).sort()).toEqual(["GET /v2/_actions/a", "GET /v2/_actions/b"]);
    expect(upstream.received.map(({ headers }) => headers.authorization)).toEqual(Array(2).fill(token.authorization));
  });

  test("keeps the answers of two clients who ask the same at the same time apart", async () => {
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
    const answers = await Promise.all(
      ["Bearer one", "Bearer two"].map((authorization) => send(gatewayUrl, { query }, { authorization })),
    );

    expect(answers.map(({ body }) => body.data.dataExtractionAction.name)).toEqual(["of Bearer one", "of Bearer two"]);
  });

  test("passes every failed create on unchanged", async () => {
    const { serviceUrl, gatewayUrl } = await startGraph(name, ({ body }) => {
      const failure = failures.find((candidate) => body.includes(`"name":"${candidate.input.name}"`));
      return failure?.answer ?? createdAnswer;
    });

    for (const { input, answer: _answer, headers = token, ...expected } of failures) {
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

  test("keeps the id of a good create beside a failing one", async () => {
    const { gatewayUrl } = await startGraph(name, ({ body }) =>
      body.includes("bad") ? { status: 400, body: { detail: "Invalid webhook configuration" } } : createdAnswer,
    );
    const field = (alias: string) =>
      `${alias}: createDataExtractionAction(input: { name: "${alias}", webhook: {} }) { action { id callCount } }`;

    const answer = await send(gatewayUrl, { query: `mutation { ${field("good")} ${field("bad")} }` }, token);

    expect(answer.body.data).toEqual({ good: { action: { id: "act-1", callCount: 0 } }, bad: null });
    expect(onlyError(answer)).toMatchObject({
      message: "Invalid webhook configuration",
      path: ["bad"],
      extensions: { code: "BAD_USER_INPUT", outcome: "NOT_CREATED" },
    });
  });

  test("passes the failed details of a good create on with its payload", async () => {
    const { gatewayUrl } = await startGraph(name, ({ method }) =>
      method === "POST" ? createdAnswer : { status: 503, body: "no instance" },
    );
    const query = createMutation.replace("id name type", "id isActive callCount");

    const answer = await send(gatewayUrl, { query, variables: { input: minimalInput } }, token);

    expect(answer.body.data.createDataExtractionAction.action).toEqual({ id: "act-1", isActive: null, callCount: 0 });
    expect(onlyError(answer)).toMatchObject({
      path: ["createDataExtractionAction", "action", "isActive"],
      extensions: { code: "UPSTREAM_ERROR", outcome: "CREATED", retryable: false },
    });
  });
});
