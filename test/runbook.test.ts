// The drill for the runbook in docs/operations.md: each test produces a state, and then finds what the entry names: the
// log line, the metric and, with promtool, the alert.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { findFreePort } from "./helpers/free-port.ts";
import { create, minimalInput } from "./helpers/graphql.ts";
import { scrape } from "./helpers/metrics.ts";
import { eventually, startProcess } from "./helpers/process.ts";
import { expectAlert, hasPromtool, runRuleTests } from "./helpers/promtool.ts";
import { startRawUpstream, startUnresponsiveListener } from "./helpers/raw-upstream.ts";
import { type RunningService, startService } from "./helpers/service.ts";
import { createdResponse, type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

const token = { authorization: "Bearer t" };
const keyedInput = { ...minimalInput, idempotencyKey: "key-1" };
const mixedRequests = 60;

interface Drill {
  /** The alert that the entry names, without its prefix. */
  readonly alert: string;
  /** Fields of lines that must be in the log, in this order. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Series that must be above 0, or have the value that is given. */
  readonly metrics: readonly (readonly [name: string, labels: Record<string, string>, value?: number])[];
  readonly produce: (service: RunningService) => Promise<unknown>;
  /** The service's settings; starts what the service needs. */
  readonly settings: () => Promise<Record<string, string>>;
}

const refused = async () => `127.0.0.1:${await findFreePort()}`;
const createOnce = ({ url }: RunningService) => create(url, minimalInput, token);
const repeat = async (times: number, run: () => Promise<unknown>) => {
  for (let count = 0; count < times; count++) await run();
};

/** An upstream that fails requests whose body contains "fail". */
async function startFlakyUpstream(
  failure: () => ScriptedResponse | Promise<ScriptedResponse> = () => ({ status: 500, body: "" }),
) {
  const upstream = await startUpstream((request) => (request.body.includes("fail") ? failure() : createdResponse));
  return { CONTACTSWING_URL: upstream.url };
}

/** One failing request among many that succeed: too few for a page. */
async function failOnce({ url }: RunningService) {
  await create(url, { ...minimalInput, name: "fail" }, token);
  await repeat(mixedRequests, () => create(url, minimalInput, token));
}

const slow = async () => {
  await new Promise((resolve) => setTimeout(resolve, 2600));
  return createdResponse;
};

/** A state whose cause is below HTTP or in ContactSwing's response. Enough of it opens the breaker or burns the budget. */
function upstreamFailure(
  alert: string,
  kind: string,
  cause: RegExp | string,
  line: Record<string, unknown>,
  settings: Drill["settings"],
): Drill {
  const code = typeof cause === "string" ? cause : expect.stringMatching(cause);
  return {
    alert,
    lines: [{ "log.level": "warn", ...line, ...(cause === "none" ? {} : { "upstream.error.code": code }) }],
    metrics: [["contactswing_bff_upstream_failures_total", { kind, ...(typeof cause === "string" ? { cause } : {}) }]],
    produce: createOnce,
    settings,
  };
}

const unavailable = { "error.code": "UPSTREAM_UNAVAILABLE" };

const drills: Record<string, Drill> = {
  "ContactSwing refuses connections": upstreamFailure(
    "FaultsBurnFast",
    "unreachable",
    "ECONNREFUSED",
    unavailable,
    async () => ({ CONTACTSWING_URL: `http://${await refused()}` }),
  ),
  "ContactSwing's name does not resolve": upstreamFailure(
    "FaultsBurnFast",
    "unreachable",
    /^(ENOTFOUND|EAI_AGAIN)$/,
    unavailable,
    async () => ({ CONTACTSWING_URL: "http://contactswing.invalid" }),
  ),
  "ContactSwing's certificate is not trusted": upstreamFailure(
    "FaultsBurnFast",
    "unreachable",
    /CERT/,
    unavailable,
    async () => ({ CONTACTSWING_URL: `https://localhost:${(await startRawUpstream({ isTls: true })).port}` }),
  ),
  "no connection to ContactSwing in time": upstreamFailure(
    "FaultsBurnFast",
    "unreachable",
    "ETIMEDOUT",
    unavailable,
    async () => ({
      CONTACTSWING_URL: `http://127.0.0.1:${await startUnresponsiveListener()}`,
      UPSTREAM_CONNECT_TIMEOUT_MS: "200",
    }),
  ),
  "the connection is lost after the request was sent": upstreamFailure(
    "FaultsBurnFast",
    "connection-lost",
    "ECONNRESET",
    { "error.code": "UPSTREAM_ERROR" },
    async () => {
      const { port } = await startRawUpstream({ onRequest: (_request, socket) => socket.resetAndDestroy() });
      return { CONTACTSWING_URL: `http://127.0.0.1:${port}` };
    },
  ),
  "ContactSwing does not respond in time": {
    ...upstreamFailure("FaultsBurnFast", "timeout", "none", { "error.code": "UPSTREAM_TIMEOUT" }, async () => {
      const { port } = await startRawUpstream({ onRequest: () => {} });
      return { CONTACTSWING_URL: `http://127.0.0.1:${port}`, UPSTREAM_TIMEOUT_MS: "200" };
    }),
    metrics: [["contactswing_bff_upstream_failures_total", { kind: "timeout" }]],
  },
  "ContactSwing fails": upstreamFailure(
    "FaultsBurnFast",
    "server-error",
    "none",
    { "error.code": "UPSTREAM_ERROR", "upstream.status_code": 500 },
    async () => ({ CONTACTSWING_URL: (await startUpstream(() => ({ status: 500, body: "" }))).url }),
  ),
  "ContactSwing's API has changed": upstreamFailure(
    "FaultsBurnFast",
    "bad-response",
    "none",
    { "error.code": "UPSTREAM_BAD_RESPONSE", "upstream.status_code": 200 },
    async () => ({ CONTACTSWING_URL: (await startUpstream(() => ({ status: 200, body: {} }))).url }),
  ),
  "a few requests fail": {
    alert: "FaultsBurnSlowly",
    lines: [{ "log.level": "warn", "error.code": "UPSTREAM_ERROR" }],
    metrics: [["contactswing_bff_requests_total", { code: "UPSTREAM_ERROR" }, 1]],
    produce: failOnce,
    settings: () => startFlakyUpstream(),
  },
  "a few connections fail": {
    alert: "ConnectionsFail",
    lines: [{ "log.level": "warn", "upstream.error.code": "ECONNRESET" }],
    metrics: [["contactswing_bff_upstream_failures_total", { kind: "connection-lost", cause: "ECONNRESET" }, 1]],
    produce: failOnce,
    settings: async () => {
      const created = JSON.stringify(createdResponse.body);
      const { port } = await startRawUpstream({
        onRequest({ body }, socket) {
          if (body.includes("fail")) {
            socket.resetAndDestroy();
            return;
          }
          socket.write(
            `HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: ${created.length}\r\n\r\n${created}`,
          );
        },
      });
      return { CONTACTSWING_URL: `http://127.0.0.1:${port}` };
    },
  },
  "mutations are slow": {
    alert: "LatencyBurnsFast",
    lines: [{ "event.duration": expect.any(Number), "upstream.duration": expect.any(Number) }],
    metrics: [["contactswing_bff_request_duration_seconds_count", { operation_type: "mutation" }, 1]],
    produce: createOnce,
    settings: async () => ({ CONTACTSWING_URL: (await startUpstream(slow)).url }),
  },
  "a few mutations are slow": {
    alert: "LatencyBurnsSlowly",
    lines: [{ "event.duration": expect.any(Number), "upstream.duration": expect.any(Number) }],
    metrics: [["contactswing_bff_request_duration_seconds_bucket", { operation_type: "mutation", le: "2.5" }]],
    produce: failOnce,
    settings: () => startFlakyUpstream(slow),
  },
  "ContactSwing is unavailable, and later available again": {
    alert: "BreakerOpen",
    lines: [
      { "log.level": "warn", message: "circuit breaker opened" },
      { "log.level": "warn", "upstream.shed": "circuit-open", ...unavailable },
    ],
    metrics: [
      ["contactswing_bff_circuit_breaker_state", { state: "open" }, 1],
      ["contactswing_bff_upstream_requests_shed_total", { reason: "circuit-open" }],
    ],
    produce: ({ url }) => repeat(22, () => create(url, minimalInput, token)),
    settings: async () => ({ CONTACTSWING_URL: (await startUpstream(() => ({ status: 503, body: "" }))).url }),
  },
  "one frontend sends too many requests": {
    alert: "Sheds",
    lines: [
      { "error.code": "OVERLOADED", "upstream.shed": "overloaded", "graphql.client.name": "bulk", "log.level": "warn" },
    ],
    metrics: [["contactswing_bff_upstream_requests_shed_total", { reason: "overloaded" }, 1]],
    produce: async ({ url }) => {
      const headers = { ...token, "apollographql-client-name": "bulk" };
      await Promise.all([create(url, minimalInput, headers), create(url, minimalInput, headers)]);
      await repeat(mixedRequests, () => create(url, minimalInput, headers));
    },
    settings: async () => {
      let isFirst = true;
      const upstream = await startUpstream(async () => {
        if (isFirst) await new Promise((resolve) => setTimeout(resolve, 200));
        isFirst = false;
        return createdResponse;
      });
      return { CONTACTSWING_URL: upstream.url, MAX_IN_FLIGHT: "4", MAX_IN_FLIGHT_PER_CALLER: "1" };
    },
  },
  "the idempotency store is unreachable, and a key is given": {
    alert: "IdempotencyStoreDown",
    lines: [
      { "log.level": "warn", message: "idempotency store unavailable", "error.code": "ECONNREFUSED" },
      { "error.code": "IDEMPOTENCY_UNAVAILABLE", "idempotency.result": ["unavailable"] },
    ],
    metrics: [["contactswing_bff_dependency_up", { dependency: "idempotency-store" }, 0]],
    produce: ({ url }) => create(url, keyedInput, token),
    settings: async () => ({
      CONTACTSWING_URL: (await startUpstream()).url,
      REDIS_URL: `redis://${await refused()}`,
    }),
  },
  "the idempotency store is unreachable, and nobody needs it": {
    alert: "DependencyDown",
    lines: [{ "log.level": "warn", message: "idempotency store unavailable", "error.code": "ECONNREFUSED" }],
    metrics: [["contactswing_bff_dependency_up", { dependency: "idempotency-store" }, 0]],
    produce: createOnce,
    settings: async () => ({
      CONTACTSWING_URL: (await startUpstream()).url,
      REDIS_URL: `redis://${await refused()}`,
    }),
  },
  "the key server is unreachable": {
    alert: "TokenKeysUnavailable",
    lines: [
      {
        "log.level": "warn",
        message: "token verification keys could not be loaded",
        "event.reason": expect.stringContaining("ECONNREFUSED"),
      },
      { "error.code": "AUTH_UNAVAILABLE" },
    ],
    metrics: [["contactswing_bff_dependency_up", { dependency: "key-server" }, 0]],
    produce: ({ url }) => create(url, minimalInput, { authorization: `Bearer ${unverifiableToken}` }),
    settings: async () => ({
      CONTACTSWING_URL: (await startUpstream()).url,
      JWKS_URL: `http://${await refused()}/keys`,
    }),
  },
  "ContactSwing limits the rate": {
    alert: "RateLimited",
    lines: [{ "log.level": "info", "error.code": "RATE_LIMITED" }],
    metrics: [["contactswing_bff_requests_total", { code: "RATE_LIMITED" }, 1]],
    produce: createOnce,
    settings: async () => ({ CONTACTSWING_URL: (await startUpstream(() => ({ status: 429, body: "" }))).url }),
  },
  "the event loop is blocked": {
    alert: "EventLoopLate",
    lines: [],
    metrics: [["nodejs_eventloop_delay_seconds_count", {}]],
    produce: blockEventLoop,
    settings: async () => ({ CONTACTSWING_URL: (await startUpstream()).url }),
  },
  "the event loop is busy": {
    alert: "EventLoopBusy",
    lines: [],
    metrics: [["nodejs_eventloop_time_seconds_total", { state: "active" }]],
    produce: blockEventLoop,
    settings: async () => ({ CONTACTSWING_URL: (await startUpstream()).url }),
  },
};

/** A token with the form of a JWT: only its signature cannot be verified. */
const unverifiableToken = [{ alg: "RS256", kid: "k" }, { iss: "i", sub: "s", exp: 4102444800 }, "signature"]
  .map((part) => Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url"))
  .join(".");

async function blockEventLoop(): Promise<void> {
  // Timers that are due before and after: the delay is measured by how late they are.
  await new Promise((resolve) => setTimeout(resolve, 60));
  const end = performance.now() + 1500;
  while (performance.now() < end);
  await new Promise((resolve) => setTimeout(resolve, 60));
}

describe("the runbook", () => {
  test.each(Object.entries(drills))("%s: log line, metric and alert", async (_state, drill) => {
    const service = await startService(await drill.settings());
    const before = await scrape(service.url);
    const start = performance.now();

    await drill.produce(service);
    const lines = await waitForLines(service, drill.lines);

    const after = await scrape(service.url);
    const seconds = (performance.now() - start) / 1000;
    expect(lines).toEqual(drill.lines.map((line) => expect.objectContaining(line)));
    for (const [name, labels, expected] of drill.metrics) {
      const value = after.value(name, labels);
      if (expected === undefined) expect([name, labels, (value ?? 0) > 0]).toEqual([name, labels, true]);
      else expect([name, labels, value]).toEqual([name, labels, expected]);
    }
    if (hasPromtool) {
      expectAlert(`ContactSwingBff${drill.alert}`, { before: before.text, after: after.text, seconds });
    }
  });

  test("the breaker closes by itself: a line of the same level as the one for its opening", async () => {
    let isAvailable = false;
    const upstream = await startUpstream(() => (isAvailable ? createdResponse : { status: 503, body: "" }));
    const { url, logLines } = await startService({ CONTACTSWING_URL: upstream.url });
    await repeat(20, () => create(url, minimalInput, token));
    isAvailable = true;

    await eventually(async () => (await create(url, minimalInput, token)).body.errors === undefined);

    const lines = logLines.map((line) => JSON.parse(line)).filter(({ message }) => /breaker/.test(message));
    expect(lines).toMatchObject([
      { "log.level": "warn", message: "circuit breaker opened" },
      { "log.level": "warn", message: "circuit breaker closed" },
    ]);
    expect((await scrape(url)).value("contactswing_bff_circuit_breaker_state", { state: "closed" })).toBe(1);
  });

  test("no instance is left: the last line says that it stopped in order, and the alert fires", async () => {
    const { child, exit, output } = await startProcess({ NODE_ENV: "production", SHUTDOWN_DELAY_MS: "0" });

    child.kill("SIGTERM");

    expect(await exit).toBe(0);
    expect(JSON.parse(output().trim().split("\n").at(-1) ?? "")).toMatchObject({
      "log.level": "info",
      message: "stopped",
    });
    if (hasPromtool) expectAlert("ContactSwingBffAbsent", { before: "", after: "", seconds: 1 });
  });
});

describe("the alert rules", () => {
  const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
  const { groups } = parse(read("deploy/observability/alerts.yaml")) as {
    groups: { rules: { alert?: string; annotations?: Record<string, string> }[] }[];
  };
  const alerts = groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined);

  test("link to an entry of the runbook each", () => {
    const entries = [...read("docs/operations.md").matchAll(/<a id="(contactswingbff\w+)">/g)].map(([, id]) => id);

    expect(entries).toEqual(alerts.map(({ alert }) => alert?.toLowerCase()));
    for (const { annotations } of alerts) {
      const url = new URL(annotations?.runbook_url ?? "");
      expect([url.href, url.pathname.endsWith("/operations.md"), entries.includes(url.hash.slice(1))]).toEqual([
        url.href,
        true,
        true,
      ]);
    }
  });

  test("are all covered by a drill, except the one for bugs", () => {
    const drilled = new Set([...Object.values(drills).map(({ alert }) => alert), "Absent", "Bug"]);

    expect(
      alerts.map(({ alert }) => alert?.replace("ContactSwingBff", "")).filter((alert) => !drilled.has(alert ?? "")),
    ).toEqual([]);
  });

  if (hasPromtool) {
    test("pass their unit tests", () => {
      runRuleTests(new URL("../deploy/observability/alerts.test.yaml", import.meta.url).pathname);
    }, 60_000);
  }
});

/**
 * The first line for each expectation, in this order. Waits up to two seconds for lines that are written in the
 * background; then reports every line in place of the one that is missing.
 */
async function waitForLines({ logLines }: RunningService, expected: Drill["lines"]): Promise<unknown[]> {
  for (const deadline = performance.now() + 2000; ; ) {
    const lines = logLines.map((line) => JSON.parse(line));
    const found = findInOrder(lines, expected);
    const missing = found.indexOf(undefined);
    if (missing < 0) return found;
    if (performance.now() > deadline) return found.with(missing, { missing: expected[missing], lines });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function findInOrder(lines: Record<string, unknown>[], expected: Drill["lines"]): unknown[] {
  let from = 0;
  return expected.map((fields) => {
    const index = lines.findIndex((line, at) => at >= from && expect.objectContaining(fields).asymmetricMatch(line));
    if (index < 0) return undefined;
    from = index;
    return lines[index];
  });
}
