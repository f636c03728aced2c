import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { composeSupergraph, type Subgraph } from "../../../scripts/compose-supergraph.ts";
import { readConfig } from "../../../src/config.ts";
import { createSandbox } from "../../../src/sandbox/sandbox.ts";
import { createService } from "../../../src/service.ts";
import { createLogger } from "../../../src/telemetry/logger.ts";
import { authorized, createMutation, fullInput, minimalInput, onlyError, send } from "../../helpers/graphql.ts";
import { eventually } from "../../helpers/process.ts";
import { startSiblingSubgraph } from "../../helpers/sibling-subgraph.ts";
import { type GatewayName, startGateway } from "./gateway.ts";

const [example, budget] = ["sandbox:example", "sandbox:budget"];
/** The actions that the sibling refers to, the last of which does not exist. */
const calledActionIds = [example, budget, example, "gone"];

type Stop = () => Promise<unknown>;

/** Asks a running subgraph for its own SDL, as composition tools do: without a token. */
async function readSubgraph(name: string, url: string): Promise<Subgraph> {
  const { body } = await send(url, { query: "{ _service { sdl } }" }, {});
  return { name, url: `${url}/graphql`, sdl: body.data._service.sdl };
}

/** A gateway in front of the service and its sibling, and the service in front of the sandbox, for several tests. */
async function startGraph(name: GatewayName, onEnd: (stop: Stop) => void) {
  const sandbox = createSandbox({ pace: { slowMs: 300, outageMs: 0 } });
  onEnd(sandbox.stop);
  const settings = { HOST: "127.0.0.1", PORT: "0", CONTACTSWING_URL: await sandbox.start() };
  const version = "0.0.0-test";
  const logLines: string[] = [];
  const logger = createLogger({
    level: "info",
    serviceName: "contactswing-bff",
    version,
    destination: { write: (line) => logLines.push(line) },
  });
  const service = createService({ config: readConfig(settings), logger, version });
  onEnd(service.stop);
  const serviceUrl = await service.start();
  const received: IncomingHttpHeaders[] = [];
  const record = (message: unknown) => {
    const { request } = message as { readonly request: IncomingMessage };
    if (`http://${request.headers.host}` === serviceUrl) received.push(request.headers);
  };
  subscribe("http.server.request.start", record);
  onEnd(async () => unsubscribe("http.server.request.start", record));
  const sibling = await startSiblingSubgraph(calledActionIds);
  onEnd(sibling.stop);
  const subgraphs = [await readSubgraph("contactswing", serviceUrl), await readSubgraph("calls", sibling.url)];
  const gateway = await startGateway(name, composeSupergraph(subgraphs));
  onEnd(gateway.stop);
  return { gatewayUrl: gateway.url, serviceUrl, sibling, sandbox, received, logLines };
}

/** Inputs whose create requests fail, so that the errors have every extension among them. */
const failures: [string, object, Record<string, string>?][] = [
  ["BAD_USER_INPUT", { name: " ", webhook: { syncData: true } }],
  ["BAD_USER_INPUT", { name: "sandbox:422", webhook: {} }],
  ["UNAUTHENTICATED", minimalInput, {}],
  ["RATE_LIMITED", { name: "sandbox:429", webhook: {} }],
  ["UPSTREAM_ERROR", { name: "sandbox:500", webhook: {} }],
  ["UPSTREAM_BAD_RESPONSE", { name: "sandbox:201-no-id", webhook: {} }],
];

describe.each<GatewayName>(["apollo-gateway", "hive-gateway"])("through %s", (name) => {
  let graph: Awaited<ReturnType<typeof startGraph>>;
  let earlierRequests = 0;
  const stops: Stop[] = [];
  beforeAll(async () => {
    graph = await startGraph(name, (stop) => stops.unshift(stop));
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });
  beforeEach(() => {
    earlierRequests = graph.sandbox.requests.length;
    graph.sibling.received.length = 0;
  });
  const requests = () => graph.sandbox.requests.slice(earlierRequests);
  const upstreamPaths = () => requests().map(({ method, path }) => `${method} ${path}`);
  const ask = (query: string, headers = authorized) => send(graph.gatewayUrl, { query }, headers);
  const create = (input: object, selection: string, headers: Record<string, string> = authorized) => {
    const query = createMutation.replace("id name type", selection);
    return send(graph.gatewayUrl, { query, variables: { input } }, headers);
  };

  test("creates an action with what identifies the client and its request, and joins the sibling's field", async () => {
    const headers = {
      ...authorized,
      "x-request-id": "through-the-gateway",
      traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      tracestate: "vendor=value",
      "apollographql-client-name": "back-office",
      "apollographql-client-version": "1.2.3",
    };

    const { status, body } = await create(fullInput, "id name isActive webhook { type } callCount", headers);

    expect(status).toBe(200);
    const { action, ...payload } = body.data.createDataExtractionAction;
    expect(payload).toEqual({ ctxId: expect.any(String), replayed: false });
    expect(action).toEqual({
      id: expect.any(String),
      name: fullInput.name,
      isActive: true,
      webhook: { type: "YES_NO" },
      callCount: 0,
    });
    expect(upstreamPaths()).toEqual(["POST /v2/_actions", `GET /v2/_actions/${action.id}`]);
    expect(requests()[0]?.rawHeaders).toEqual(
      expect.arrayContaining([authorized.authorization, "through-the-gateway", headers.traceparent]),
    );
    expect(graph.received).toContainEqual(expect.objectContaining(headers));
    expect(graph.logLines.map((line) => JSON.parse(line))).toContainEqual(
      expect.objectContaining({
        "http.request.id": "through-the-gateway",
        "graphql.client.name": "back-office",
        "graphql.client.version": "1.2.3",
      }),
    );
    expect(graph.sibling.received).toHaveLength(1);
    expect(graph.sibling.received[0]).not.toHaveProperty("authorization");
  });

  test("resolves the sibling's references, each action read once, and leaves the details of one that no longer exists null", async () => {
    const { body } = await ask("{ recentCalls { action { id isActive callCount } } }");

    const action = (id: string, callCount: number) => ({ action: { id, isActive: true, callCount } });
    const gone = { action: { id: "gone", isActive: null, callCount: 1 } };
    expect(body).toEqual({ data: { recentCalls: [action(example, 2), action(budget, 1), action(example, 2), gone] } });
    expect(upstreamPaths().sort()).toEqual([budget, example, "gone"].map(toPath).sort());
  });

  test("keeps the responses of two clients apart that send the same request at the same time", async () => {
    const query = '{ dataExtractionAction(id: "sandbox:slow") { name } }';
    const slow = ask(query);
    await eventually(() => requests().length === 1, "the first client's request");

    const other = await ask(query, { authorization: `${authorized.authorization}.sandbox-404` });

    expect(other.body).toEqual({ data: { dataExtractionAction: null } });
    expect((await slow).body).toEqual({ data: { dataExtractionAction: { name: fullInput.name } } });
  });

  test.each(failures)("passes on a %s unchanged: %j", async (code, input, headers = authorized) => {
    const identified = { ...headers, "x-request-id": "same-id" };

    const direct = await send(graph.serviceUrl, { query: createMutation, variables: { input } }, identified);
    const federated = await create(input, "id name type", identified);

    const { message, path, extensions } = onlyError(direct);
    expect(extensions.code).toBe(code);
    expect(federated.status).toBe(200);
    expect(federated.body.data).toEqual({ createDataExtractionAction: null });
    expect(onlyError(federated)).toMatchObject({ message, path, extensions });
  });
});

function toPath(id: string): string {
  return `GET /v2/_actions/${encodeURIComponent(id)}`;
}
