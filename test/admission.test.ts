import { describe, expect, test } from "@jest/globals";
import { create, type GraphqlResponse, minimalInput, onlyError, read, send, verdictOf } from "./helpers/graphql.ts";
import { scrape } from "./helpers/metrics.ts";
import { eventually } from "./helpers/process.ts";
import { startWithUpstream } from "./helpers/service.ts";
import { createdResponse, hold, type ReceivedRequest } from "./helpers/upstream.ts";

const stored = { status: 200, body: { data: { name: "N", type: "SINGLEDATAEXTRACTION", is_active: true } } };
const ordinary = ({ method }: ReceivedRequest) => (method === "POST" ? createdResponse : stored);
const tokenOf = (name: string) => ({ authorization: `Bearer ${name}` });

const unavailable = { code: "UPSTREAM_UNAVAILABLE", outcome: "NOT_CREATED", retryable: true };
const overloaded = { code: "OVERLOADED", outcome: "NOT_CREATED", retryable: true };

const entitiesQuery = `query ($representations: [_Any!]!) {
  _entities(representations: $representations) { ... on DataExtractionAction { id name } }
}`;
const references = (count: number) => ({
  query: entitiesQuery,
  variables: {
    representations: Array.from({ length: count }, (_, index) => ({ __typename: "DataExtractionAction", id: index })),
  },
});

/** The service in front of an upstream that keeps every request waiting until it is released. */
async function startHolding(environment: Record<string, string> = {}) {
  const { respond, release } = hold(ordinary);
  const started = await startWithUpstream(respond, environment);
  const arrival = (count: number) => eventually(() => started.upstream.received.length >= count);
  return { ...started, arrival, release };
}

// When it admits requests again is in unit/circuit-breaker.test.ts.
test.each([
  ...[502, 503, 504, "a lost connection"].map((failure) => [failure, 20] as const),
  ...[500, 429, 401, 307].map((failure) => [failure, 25] as const),
])("of 25 create requests that fail with %s the circuit breaker lets %i through", async (failure, sent) => {
  const { upstream, url } = await startWithUpstream((_request, socket) => {
    if (typeof failure === "number") return { status: failure };
    socket.destroy();
    return createdResponse;
  });

  const failures = [];
  for (let count = 0; count < 25; count += 1) {
    const response = await create(url, minimalInput, tokenOf(`caller-${count % 2}`));
    failures.push(onlyError(response).extensions);
  }

  const rejected = { ...unavailable, requestId: expect.any(String), retryAfterSeconds: 1 };
  expect(failures.slice(sent)).toEqual(Array(25 - sent).fill(rejected));
  expect(upstream.received).toHaveLength(sent);
});

test("the failures of one caller stop nobody else, and reads that fail do not stop create requests", async () => {
  const isOf = ({ headers }: ReceivedRequest, name: string) => headers.authorization === `Bearer ${name}`;
  const { url } = await startWithUpstream((request, socket) => {
    if (isOf(request, "unlucky") || (request.method === "GET" && !isOf(request, "lucky"))) socket.destroy();
    return ordinary(request);
  });

  for (let count = 0; count < 25; count += 1) await create(url, minimalInput, tokenOf("unlucky"));
  const others = [await create(url, minimalInput, tokenOf("lucky")), await read(url, "a", tokenOf("lucky"))];
  for (let count = 0; count < 25; count += 1) await read(url, "a", tokenOf(`reader-${count % 2}`));
  const afterReads = [await read(url, "a", tokenOf("lucky")), await create(url, minimalInput, tokenOf("lucky"))];

  expect(others.map(({ body }) => body.errors)).toEqual([undefined, undefined]);
  expect(onlyError(afterReads[0] as GraphqlResponse).extensions.code).toBe("UPSTREAM_UNAVAILABLE");
  expect(afterReads[1]?.body.errors).toBeUndefined();
});

test("one caller's missing connections stop everybody's requests of either kind", async () => {
  const { upstream, url } = await startWithUpstream();
  await upstream.close();

  for (let count = 0; count < 20; count += 1) await read(url, "a", tokenOf("t"));
  const { extensions } = onlyError(await create(url, minimalInput, tokenOf("other")));

  expect(extensions).toMatchObject({ ...unavailable, retryAfterSeconds: 1 });
});

const threeCreates = {
  query: `mutation { ${["a", "b", "c"]
    .map((alias) => `${alias}: createDataExtractionAction(input: { name: "n", webhook: {} }) { ctxId }`)
    .join(" ")} }`,
};

test.each([
  { what: "reads", request: references(1000), fields: 1000, maxSent: 32 },
  { what: "create requests", request: threeCreates, fields: 3, maxSent: 1 },
])("a rejected token stops the remaining $what of a request only", async ({ request, fields, maxSent }) => {
  const { upstream, url } = await startWithUpstream(() => ({ status: 401, body: { detail: "Invalid token" } }));

  const { body } = await send(url, request);
  const sent = upstream.received.length;
  await create(url, minimalInput);

  expect(sent).toBeLessThanOrEqual(maxSent);
  expect(upstream.received).toHaveLength(sent + 1);
  expect(body.errors?.map(({ extensions }) => extensions.code)).toEqual(Array(fields).fill("UNAUTHENTICATED"));
});

describe("a caller that disconnects", () => {
  async function disconnectFrom(request: Record<string, unknown>, upstreamRequests: number) {
    const started = await startHolding();
    const caller = new AbortController();
    const response = send(started.url, request, tokenOf("t"), { signal: caller.signal }).catch(() => "disconnected");
    await started.arrival(upstreamRequests);
    caller.abort();
    expect(await response).toBe("disconnected");
    const loggedLines = () => eventually(() => started.logLines.length > 0 && started.lines());
    return { ...started, loggedLines };
  }

  test.each([
    ["references", references(1000), 32],
    ["a list", { query: "{ dataExtractionActions { edges { cursor } } }" }, 1],
    ["an action", { query: '{ dataExtractionAction(id: "a") { id } }' }, 1],
  ])("stops the reads of %s, which count as no failure in metrics and log", async (_case, request, reads) => {
    const { upstream, url, loggedLines } = await disconnectFrom(request, reads);

    expect(await loggedLines()).toMatchObject([{ "log.level": "info", "http.request.aborted": true }]);
    expect(upstream.received).toHaveLength(reads);
    const { value } = await scrape(url);
    expect(value("contactswing_bff_upstream_requests_in_flight")).toBe(0);
    expect(value("contactswing_bff_requests_total", { code: "ABORTED" })).toBe(1);
    expect(value("contactswing_bff_requests_total")).toBe(1);
    expect(value("contactswing_bff_upstream_failures_total") ?? 0).toBe(0);
  });

  test("does not stop its create request, whose outcome is logged, but the read of its details", async () => {
    const query =
      "mutation ($i: CreateDataExtractionActionInput!) { createDataExtractionAction(input: $i) { action { isActive } } }";
    const { upstream, url, release, loggedLines } = await disconnectFrom({ query, variables: { i: minimalInput } }, 1);
    // By the time this later request is handled, the connection is gone; the upstream request is not.
    expect((await scrape(url)).value("contactswing_bff_upstream_requests_in_flight")).toBe(1);

    release();

    expect(await loggedLines()).toMatchObject([
      {
        "log.level": "info",
        "http.request.aborted": true,
        "graphql.operation.type": "mutation",
        "graphql.root_field": "createDataExtractionAction",
        "upstream.status_code": 201,
        "upstream.ctx_id": "ctx-1",
      },
    ]);
    expect(upstream.received.map(({ method }) => method)).toEqual(["POST"]);
  });
});

describe("shares of MAX_IN_FLIGHT", () => {
  test.each([
    ["MAX_IN_FLIGHT_PER_CALLER", { MAX_IN_FLIGHT: "100", MAX_IN_FLIGHT_PER_CALLER: "3" }],
    ["half of MAX_IN_FLIGHT", { MAX_IN_FLIGHT: "6" }],
  ])("bound one caller's upstream requests by %s", async (_case, environment) => {
    const { upstream, url, arrival, release } = await startHolding(environment);
    const sent = [1, 2, 3].map(() => create(url, minimalInput, tokenOf("greedy")));
    await arrival(3);

    expect(verdictOf(await create(url, minimalInput, tokenOf("greedy")))).toEqual(overloaded);
    expect(onlyError(await read(url, "a", tokenOf("greedy"))).extensions.code).toBe("OVERLOADED");
    const other = create(url, minimalInput, tokenOf("other"));
    await arrival(4);
    release();

    expect((await other).body.errors).toBeUndefined();
    await Promise.all(sent);
    expect(upstream.received).toHaveLength(4);
  });

  test("leave the last quarter to create requests, until they end, while 20 callers read as much as they can", async () => {
    const { upstream, url, arrival, release } = await startHolding({ MAX_IN_FLIGHT: "8" });
    const reads = Array.from({ length: 20 }, (_, index) => send(url, references(10), tokenOf(`untrusted-${index}`)));
    // The six that are admitted wait; every other one is rejected at once.
    await arrival(6);
    const countShed = async () => (await scrape(url)).value("contactswing_bff_requests_shed_total") ?? 0;
    await eventually(async () => (await countShed()) >= 100, "the other reads to be rejected");

    const creates = ["a", "b"].map((name) => create(url, minimalInput, tokenOf(name)));
    await arrival(8);
    const rejected = await create(url, minimalInput, tokenOf("c"));
    const methods = upstream.received.map(({ method }) => method);
    release();
    await Promise.all(reads);
    const next = await create(url, minimalInput, tokenOf("c"));

    expect(methods).toEqual([...Array(6).fill("GET"), "POST", "POST"]);
    expect(onlyError(rejected).extensions).toMatchObject({ ...overloaded, retryAfterSeconds: 1 });
    for (const { body } of [...(await Promise.all(creates)), next]) expect(body.errors).toBeUndefined();
  });

  test("are at least 1, and one request for many entities stays within its caller's share by itself", async () => {
    const { upstream, url } = await startWithUpstream(ordinary, { MAX_IN_FLIGHT: "1" });

    const { body } = await send(url, references(50));

    expect(body.errors).toBeUndefined();
    expect(upstream.received).toHaveLength(50);
    expect((await create(url, minimalInput)).body.errors).toBeUndefined();
  });
});
