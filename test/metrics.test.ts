import process from "node:process";
import { expect, test } from "@jest/globals";
import { findFreePort } from "./helpers/free-port.ts";
import { create, createMutation, minimalInput, send } from "./helpers/graphql.ts";
import { scrape } from "./helpers/metrics.ts";
import { startWithUpstream } from "./helpers/service.ts";
import { createdResponse, type ScriptedResponse } from "./helpers/upstream.ts";

test("are served in Prometheus' text format to anyone, also while the process drains", async () => {
  const { url, service } = await startWithUpstream();
  service.drain();

  const { headers } = await fetch(`${url}/metrics`);

  expect(headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const labels = { version: "0.0.0-test", node_version: process.version };
  expect((await scrape(url)).value("contactswing_bff_build_info", labels)).toBe(1);
});

test("are served at METRICS_PORT and nowhere else if it is set", async () => {
  const port = await findFreePort();
  const { url, service } = await startWithUpstream(undefined, { METRICS_PORT: String(port) });
  const metricsUrl = `http://127.0.0.1:${port}`;

  expect((await fetch(`${url}/metrics`)).status).toBe(404);
  expect((await fetch(`${metricsUrl}/graphql`)).status).toBe(404);
  await create(url, minimalInput);
  expect((await scrape(metricsUrl)).value("contactswing_bff_requests_total")).toBe(1);
  await service.stop();
  await expect(fetch(`${metricsUrl}/metrics`)).rejects.toThrow();
});

test("count and time requests by type, root field, and code, and upstream requests by operation and failure", async () => {
  const refused = { status: 422, body: { detail: "no" } };
  const responses: ScriptedResponse[] = [createdResponse, refused, { status: 500 }, { ...refused, status: 404 }];
  const { url } = await startWithUpstream(() => responses.shift() ?? createdResponse);

  const keyed = { ...minimalInput, idempotencyKey: "k" };
  for (const input of [keyed, keyed, minimalInput, minimalInput, { name: "", webhook: {} }]) {
    await create(url, input);
  }
  await send(url, { query: '{ dataExtractionAction(id: "a") { id } }' });
  for (const query of ["{ __schema { queryType { name } } }", "{ a: __typename _service { sdl } }", "{"]) {
    await send(url, { query });
  }

  const mutation = { operation_type: "mutation", root_field: "createDataExtractionAction" };
  const upstreamCreate = { operation: "createDataExtractionAction" };
  const upstreamRead = { operation: "dataExtractionAction" };
  const requests = "contactswing_bff_requests_total";
  const upstreamRequests = "contactswing_bff_upstream_request_duration_seconds_count";
  const upstreamFailures = "contactswing_bff_upstream_failures_total";
  const expected: [string, Record<string, string>, number | undefined][] = [
    [requests, {}, 9],
    ["contactswing_bff_requests_in_flight", {}, 0],
    [requests, { ...mutation, code: "OK" }, 2],
    [requests, { ...mutation, code: "BAD_USER_INPUT" }, 2],
    [requests, { ...mutation, code: "UPSTREAM_ERROR" }, 1],
    [requests, { ...mutation, code: "RATE_LIMITED" }, 0],
    [requests, { operation_type: "query", root_field: "dataExtractionActions", code: "OK" }, 0],
    [requests, { operation_type: "query", root_field: "__schema", code: "OK" }, 1],
    [requests, { operation_type: "query", root_field: "several", code: "OK" }, 1],
    [requests, { operation_type: "none", root_field: "none", code: "GRAPHQL_PARSE_FAILED" }, 1],
    ["contactswing_bff_request_duration_seconds_count", mutation, 5],
    [upstreamRequests, { ...upstreamCreate, status_class: "2xx" }, 1],
    [upstreamRequests, { ...upstreamCreate, status_class: "5xx" }, 1],
    [upstreamRequests, { ...upstreamRead, status_class: "4xx" }, 1],
    [upstreamFailures, { ...upstreamCreate, kind: "input-rejected", cause: "none" }, 1],
    [upstreamFailures, { ...upstreamCreate, kind: "server-error", cause: "500" }, 1],
    // An action that was not found is not a failure.
    [upstreamFailures, { ...upstreamRead, kind: "request-rejected" }, undefined],
    ["contactswing_bff_idempotency_results_total", { result: "done" }, 1],
    ["contactswing_bff_idempotency_results_total", { result: "replayed" }, 1],
    // Neither is configured.
    ["contactswing_bff_dependency_up", {}, undefined],
  ];
  const { value } = await scrape(url);
  expect(expected.map(([name, labels]) => [name, labels, value(name, labels)])).toEqual(expected);
  const seconds = value("contactswing_bff_request_duration_seconds_sum", mutation) ?? 0;
  expect(seconds > 0 && seconds < 20).toBe(true);
});

test("have no label that a caller can fill", async () => {
  const { url } = await startWithUpstream();
  const before = await scrape(url);

  for (let caller = 0; caller < 30; caller += 1) {
    const name = `Canary${caller}`;
    const mutation = createMutation.replace("Create", name);
    await send(url, { query: mutation, variables: { input: { name, webhook: {} } } });
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

test("show the process's CPU time, memory, and start in Prometheus' units", async () => {
  const { url } = await startWithUpstream();

  const { value } = await scrape(url);

  expect(value("nodejs_eventloop_time_seconds_total", { state: "active" })).toBeGreaterThan(0.1);
  expect(value("process_cpu_seconds_total")).toBeGreaterThan(0.1);
  expect(value("process_resident_memory_bytes")).toBeGreaterThan(20e6);
  expect(value("nodejs_heap_size_used_bytes")).toBeGreaterThan(5e6);
  const startedAt = Date.now() / 1000 - process.uptime();
  expect(Math.abs((value("process_start_time_seconds") ?? 0) - startedAt)).toBeLessThan(60);
});
