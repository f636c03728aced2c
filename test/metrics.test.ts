import { expect, test } from "@jest/globals";
import { create, createMutation, minimalInput, send } from "./helpers/graphql.ts";
import { scrape } from "./helpers/metrics.ts";
import { startService } from "./helpers/service.ts";
import { createdAnswer, type ScriptedAnswer, startUpstream } from "./helpers/upstream.ts";

const token = { authorization: "Bearer t" };

async function start(
  answer: () => ScriptedAnswer | Promise<ScriptedAnswer> = () => createdAnswer,
  environment: Record<string, string> = {},
) {
  const upstream = await startUpstream(answer);
  return { upstream, ...(await startService({ CONTACTSWING_URL: upstream.url, ...environment })) };
}

test("are served in Prometheus' text format, to anyone and while the process drains", async () => {
  const { url, service } = await start();
  service.drain();

  const response = await fetch(`${url}/metrics`);

  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const { families, value } = await scrape(url);
  expect(families.size).toBeGreaterThan(15);
  expect(value("contactswing_bff_build_info", { version: "0.0.0-test", node_version: process.version })).toBe(1);
});

test("count and time requests by type, root field and worst code", async () => {
  let status = 201;
  const { url } = await start(() => (status === 201 ? createdAnswer : { status, body: { detail: "no" } }));

  await create(url, minimalInput, token);
  await create(url, minimalInput, token);
  await create(url, { name: "", webhook: {} }, token);
  status = 503;
  await create(url, minimalInput, token);
  await send(url, { query: "{ __schema { queryType { name } } }" });
  await send(url, { query: "{ a: __typename _service { sdl } }" });
  await send(url, { query: "{" });

  const { value } = await scrape(url);
  const requests = (type: string, field: string, code: string) =>
    value("contactswing_bff_requests_total", { operation_type: type, root_field: field, code });
  expect(requests("mutation", "createDataExtractionAction", "OK")).toBe(2);
  expect(requests("mutation", "createDataExtractionAction", "BAD_USER_INPUT")).toBe(1);
  expect(requests("mutation", "createDataExtractionAction", "UPSTREAM_ERROR")).toBe(1);
  expect(requests("query", "__schema", "OK")).toBe(1);
  expect(requests("query", "several", "OK")).toBe(1);
  expect(requests("none", "none", "GRAPHQL_PARSE_FAILED")).toBe(1);
  expect(value("contactswing_bff_requests_total")).toBe(7);
  const duration = { operation_type: "mutation", root_field: "createDataExtractionAction" };
  expect(value("contactswing_bff_request_duration_seconds_count", duration)).toBe(4);
  const seconds = value("contactswing_bff_request_duration_seconds_sum", duration) ?? 0;
  expect(seconds > 0 && seconds < 20).toBe(true);
});

test("take the failure of the service for the worst of an answer's codes", async () => {
  const { url } = await start(() => ({ status: 502, body: "" }));
  const field = (alias: string, name: string) =>
    `${alias}: createDataExtractionAction(input: { name: "${name}", webhook: {} }) { ctxId }`;

  await send(url, { query: `mutation { ${field("a", "")} ${field("b", "good")} }` }, token);

  const { value } = await scrape(url);
  expect(value("contactswing_bff_requests_total", { code: "UPSTREAM_ERROR" })).toBe(1);
  expect(value("contactswing_bff_requests_total", { code: "BAD_USER_INPUT" })).toBe(0);
});

test("time the calls to ContactSwing and count why they failed", async () => {
  const answers: ScriptedAnswer[] = [createdAnswer, { status: 422, body: { detail: "no" } }, { status: 500, body: "" }];
  const { url, upstream } = await start(() => answers.shift() ?? { status: 404, body: { detail: "no" } });

  for (let calls = 0; calls < 3; calls += 1) await create(url, minimalInput, token);
  await send(url, { query: '{ dataExtractionAction(id: "a") { id } }' }, token);
  await upstream.close();
  await create(url, minimalInput, token);

  const { value } = await scrape(url);
  const calls = (operation: string, status_class: string) =>
    value("contactswing_bff_upstream_request_duration_seconds_count", { operation, status_class });
  expect([calls("create", "2xx"), calls("create", "4xx"), calls("create", "5xx"), calls("create", "none")]).toEqual([
    1, 1, 1, 1,
  ]);
  expect(calls("read", "4xx")).toBe(1);
  const failures = (operation: string, kind: string) =>
    value("contactswing_bff_upstream_failures_total", { operation, kind });
  expect(failures("create", "input-rejected")).toBe(1);
  expect(failures("create", "server-error")).toBe(1);
  expect(failures("create", "unreachable")).toBe(1);
  expect(failures("read", "input-rejected")).toBeUndefined();
});

test("show what is in flight, and what was not sent because too much was", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let hasArrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    hasArrived = resolve;
  });
  const { url } = await start(
    async () => {
      hasArrived();
      await held;
      return createdAnswer;
    },
    { MAX_IN_FLIGHT: "1" },
  );
  const first = create(url, minimalInput, token);
  await arrival;
  await create(url, minimalInput, token);

  const during = await scrape(url);
  release();
  await first;
  const after = await scrape(url);

  expect(during.value("contactswing_bff_requests_in_flight")).toBe(1);
  expect(during.value("contactswing_bff_upstream_requests_in_flight")).toBe(1);
  expect(during.value("contactswing_bff_upstream_calls_shed_total", { reason: "overloaded" })).toBe(1);
  expect(during.value("contactswing_bff_requests_total", { code: "OVERLOADED" })).toBe(1);
  expect(after.value("contactswing_bff_requests_in_flight")).toBe(0);
  expect(after.value("contactswing_bff_upstream_requests_in_flight")).toBe(0);
});

test("show the circuit breaker opening and what it held back", async () => {
  const { url } = await startService({ CONTACTSWING_URL: "http://127.0.0.1:9", UPSTREAM_CONNECT_TIMEOUT_MS: "40" });
  const state = async (name: string) =>
    (await scrape(url)).value("contactswing_bff_circuit_breaker_state", { state: name });
  expect([await state("closed"), await state("open"), await state("half-open")]).toEqual([1, 0, 0]);

  await Promise.all(Array.from({ length: 20 }, () => create(url, minimalInput, token)));
  await create(url, minimalInput, token);

  expect([await state("closed"), await state("open")]).toEqual([0, 1]);
  expect((await scrape(url)).value("contactswing_bff_upstream_calls_shed_total", { reason: "circuit-open" })).toBe(1);
});

test("have no label that a caller can fill", async () => {
  const { url } = await start();
  const before = await scrape(url);

  for (let caller = 0; caller < 30; caller += 1) {
    const name = `Canary${caller}`;
    await send(
      url,
      { query: createMutation.replace("Create", name), variables: { input: { name, webhook: {} } } },
      token,
    );
    await send(url, { query: `{ ${name} }`, operationName: name }, { "x-request-id": name });
    await send(url, { query: `query ${name} { ${name}: __typename }` }, { authorization: `Bearer ${name}` });
    await fetch(`${url}/graphql?${name}=${name}`, { method: "DELETE" });
    await fetch(`${url}/${name}`);
  }

  const after = await scrape(url);
  expect(after.text).not.toMatch(/canary/i);
  expect(after.value("contactswing_bff_requests_total")).toBe(4 * 30);
  const series = ({ families }: typeof before) =>
    [...families.values()].reduce((sum, { samples }) => sum + samples.length, 0);
  expect(series(after) - series(before)).toBeLessThan(100);
});

test("watch the event loop, memory and the processor", async () => {
  const { url } = await start();
  const late = async () => {
    const { value } = await scrape(url);
    const count = value("nodejs_eventloop_delay_seconds_count") ?? 0;
    return count - (value("nodejs_eventloop_delay_seconds_bucket", { le: "0.1" }) ?? 0);
  };
  const lateBefore = await late();

  const busyUntil = performance.now() + 300;
  while (performance.now() < busyUntil);
  // The timer that measures it is due, and comes before what begins now ends.
  await new Promise((resolve) => setTimeout(resolve, 0));

  expect(await late()).toBeGreaterThan(lateBefore);
  const { value } = await scrape(url);
  expect(value("nodejs_eventloop_time_seconds_total", { state: "active" })).toBeGreaterThan(0.1);
  expect(value("process_cpu_seconds_total")).toBeGreaterThan(0.1);
  expect(value("process_resident_memory_bytes")).toBeGreaterThan(20e6);
  expect(value("nodejs_memory_bytes", { kind: "heap_used" })).toBeGreaterThan(5e6);
  expect(Math.abs((value("process_start_time_seconds") ?? 0) - (Date.now() / 1000 - process.uptime()))).toBeLessThan(
    60,
  );
});

test("belong to one service: another one in the same process counts for itself", async () => {
  const one = await start();
  const other = await start();

  await create(one.url, minimalInput, token);

  const count = async ({ url }: { url: string }) => (await scrape(url)).value("contactswing_bff_requests_total");
  expect([await count(one), await count(other)]).toEqual([1, 0]);
});
