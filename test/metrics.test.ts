import process from "node:process";
import { expect, test } from "@jest/globals";
import { findFreePort } from "./helpers/free-port.ts";
import { create, createMutation, minimalInput, send } from "./helpers/graphql.ts";
import { type Scrape, scrape } from "./helpers/metrics.ts";
import { eventually } from "./helpers/process.ts";
import { startService } from "./helpers/service.ts";
import { createdResponse, type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

const token = { authorization: "Bearer t" };

async function start(
  respond: () => ScriptedResponse | Promise<ScriptedResponse> = () => createdResponse,
  environment: Record<string, string> = {},
) {
  const upstream = await startUpstream(respond);
  return { upstream, ...(await startService({ CONTACTSWING_URL: upstream.url, ...environment })) };
}

test("are served in Prometheus' text format to anyone, also while the process drains", async () => {
  const { url, service } = await start();
  service.drain();

  const { headers } = await fetch(`${url}/metrics`);

  expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const labels = { version: "0.0.0-test", node_version: process.version };
  expect((await scrape(url)).value("contactswing_bff_build_info", labels)).toBe(1);
});

test("are served at METRICS_PORT and nowhere else if it is set", async () => {
  const port = await findFreePort();
  const { url, service } = await start(undefined, { METRICS_PORT: String(port) });
  const metricsUrl = `http://127.0.0.1:${port}`;

  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  expect((await fetch(`${metricsUrl}/graphql`)).status).toBe(404);
  await create(url, minimalInput, token);
  expect((await scrape(metricsUrl)).value("contactswing_bff_requests_total")).toBe(1);
  await service.stop();
  await expect(fetch(`${metricsUrl}/metrics`)).rejects.toThrow();
});

test("count and time requests by type, root field, and code", async () => {
  let status = 201;
  const { url } = await start(() => (status === 201 ? createdResponse : { status, body: { detail: "no" } }));

  await create(url, minimalInput, token);
  await create(url, minimalInput, token);
  await create(url, { name: "", webhook: {} }, token);
  status = 503;
  await create(url, minimalInput, token);
  await send(url, { query: "{ __schema { queryType { name } } }" });
  await send(url, { query: "{ a: __typename _service { sdl } }" });
  await send(url, { query: "{" });

  const { value } = await scrape(url);
  const requests = (operation_type: string, root_field: string, code: string) =>
    value("contactswing_bff_requests_total", { operation_type, root_field, code });
  expect(requests("mutation", "createDataExtractionAction", "OK")).toBe(2);
  expect(requests("mutation", "createDataExtractionAction", "BAD_USER_INPUT")).toBe(1);
  expect(requests("mutation", "createDataExtractionAction", "UPSTREAM_ERROR")).toBe(1);
  expect(requests("mutation", "createDataExtractionAction", "RATE_LIMITED")).toBe(0);
  expect(requests("query", "dataExtractionActions", "OK")).toBe(0);
  expect(requests("query", "__schema", "OK")).toBe(1);
  expect(requests("query", "several", "OK")).toBe(1);
  expect(requests("none", "none", "GRAPHQL_PARSE_FAILED")).toBe(1);
  expect(value("contactswing_bff_requests_total")).toBe(7);
  const field = { operation_type: "mutation", root_field: "createDataExtractionAction" };
  expect(value("contactswing_bff_request_duration_seconds_count", field)).toBe(4);
  const seconds = value("contactswing_bff_request_duration_seconds_sum", field) ?? 0;
  expect(seconds > 0 && seconds < 20).toBe(true);
});

test("time upstream requests, and count why they failed", async () => {
  const responses: ScriptedResponse[] = [
    createdResponse,
    { status: 422, body: { detail: "no" } },
    { status: 500, body: "" },
  ];
  const { url } = await start(() => responses.shift() ?? { status: 404, body: { detail: "no" } });

  for (let count = 0; count < 3; count += 1) await create(url, minimalInput, token);
  await send(url, { query: '{ dataExtractionAction(id: "a") { id } }' }, token);

  const { value } = await scrape(url);
  const durations = (operation: string, status_class: string) =>
    value("contactswing_bff_upstream_request_duration_seconds_count", { operation, status_class });
  expect(["2xx", "4xx", "5xx"].map((status) => durations("createDataExtractionAction", status))).toEqual([1, 1, 1]);
  expect(durations("dataExtractionAction", "4xx")).toBe(1);
  const failures = (kind: string) =>
    value("contactswing_bff_upstream_failures_total", { operation: "createDataExtractionAction", kind, cause: "none" });
  expect([failures("input-rejected"), failures("server-error")]).toEqual([1, 1]);
  // An action that was not found is not a failure.
  const read = { operation: "dataExtractionAction", kind: "request-rejected" };
  expect(value("contactswing_bff_upstream_failures_total", read)).toBeUndefined();
});

test("show what is in flight, and what was not sent because too much was", async () => {
  const { promise, resolve } = Promise.withResolvers<ScriptedResponse>();
  const { url, upstream } = await start(() => promise, { MAX_IN_FLIGHT: "1" });
  const first = create(url, minimalInput, token);
  await eventually(() => upstream.received.length === 1);
  await create(url, minimalInput, token);

  const during = await scrape(url);
  resolve(createdResponse);
  await first;
  const after = await scrape(url);

  const inFlight = ({ value }: Scrape) => [
    value("contactswing_bff_requests_in_flight"),
    value("contactswing_bff_upstream_requests_in_flight"),
  ];
  expect([inFlight(during), inFlight(after)]).toEqual([
    [1, 1],
    [0, 0],
  ]);
  expect(during.value("contactswing_bff_upstream_requests_shed_total", { reason: "overloaded" })).toBe(1);
  expect(during.value("contactswing_bff_requests_total", { code: "OVERLOADED" })).toBe(1);
});

test("show the state of the circuit breaker, and what it did not let through", async () => {
  const { url } = await start(() => ({ status: 502, body: "" }));
  const state = async (name: string) =>
    (await scrape(url)).value("contactswing_bff_circuit_breaker_state", { state: name });
  expect([await state("closed"), await state("open"), await state("half-open")]).toEqual([1, 0, 0]);

  await Promise.all(Array.from({ length: 20 }, () => create(url, minimalInput, token)));
  await create(url, minimalInput, token);

  expect([await state("closed"), await state("open")]).toEqual([0, 1]);
  const { value } = await scrape(url);
  expect(value("contactswing_bff_upstream_requests_shed_total", { reason: "circuit-open" })).toBe(1);
});

test("show whether Redis and the key server can be used, and count what became of idempotency keys", async () => {
  const port = await findFreePort();
  const { url } = await start(undefined, {
    REDIS_URL: `redis://127.0.0.1:${port}`,
    JWKS_URL: `http://127.0.0.1:${port}/keys`,
  });
  const local = await start();
  const dependency = async (origin: string, name: string) =>
    (await scrape(origin)).value("contactswing_bff_dependency_up", { dependency: name });

  for (let count = 0; count < 2; count++) await create(local.url, { ...minimalInput, idempotencyKey: "k" }, token);

  await eventually(async () => (await dependency(url, "key-server")) === 0);
  expect(await dependency(url, "idempotency-store")).toBe(0);
  expect(await dependency(local.url, "idempotency-store")).toBe(1);
  expect(await dependency(local.url, "key-server")).toBeUndefined();
  const { value } = await scrape(local.url);
  const results = ["created", "replayed", "unavailable"].map((result) =>
    value("contactswing_bff_idempotency_results_total", { result }),
  );
  expect(results).toEqual([1, 1, 0]);
});

test("have no label that a caller can fill", async () => {
  const { url } = await start();
  const before = await scrape(url);

  for (let caller = 0; caller < 30; caller += 1) {
    const name = `Canary${caller}`;
    const mutation = createMutation.replace("Create", name);
    await send(url, { query: mutation, variables: { input: { name, webhook: {} } } }, token);
    await send(url, { query: `{ ${name} }`, operationName: name }, { "x-request-id": name });
    await send(url, { query: `query ${name} { ${name}: __typename }` }, { authorization: `Bearer ${name}` });
    await fetch(`${url}/graphql?${name}=${name}`, { method: "DELETE" });
    await fetch(`${url}/${name}`);
  }

  const after = await scrape(url);
  expect(after.text).not.toMatch(/canary/i);
  expect(after.value("contactswing_bff_requests_total")).toBe(4 * 30);
  expect(after.samples.length - before.samples.length).toBeLessThan(100);
});

test("show the event loop, memory, and CPU time", async () => {
  const { url } = await start();
  const countLate = async () => {
    const { value } = await scrape(url);
    const onTime = value("nodejs_eventloop_delay_seconds_bucket", { le: "0.1" }) ?? 0;
    return (value("nodejs_eventloop_delay_seconds_count") ?? 0) - onTime;
  };
  const before = await countLate();

  for (const end = performance.now() + 300; performance.now() < end; );
  await eventually(async () => (await countLate()) > before);

  const { value } = await scrape(url);
  expect(value("nodejs_eventloop_time_seconds_total", { state: "active" })).toBeGreaterThan(0.1);
  expect(value("process_cpu_seconds_total")).toBeGreaterThan(0.1);
  expect(value("process_resident_memory_bytes")).toBeGreaterThan(20e6);
  expect(value("nodejs_memory_bytes", { kind: "heap_used" })).toBeGreaterThan(5e6);
  const startedAt = Date.now() / 1000 - process.uptime();
  expect(Math.abs((value("process_start_time_seconds") ?? 0) - startedAt)).toBeLessThan(60);
});

test("belong to one service: another one in the same process counts for itself", async () => {
  const [one, other] = [await start(), await start()];

  await create(one.url, minimalInput, token);

  const count = async ({ url }: { url: string }) => (await scrape(url)).value("contactswing_bff_requests_total");
  expect([await count(one), await count(other)]).toEqual([1, 0]);
});
