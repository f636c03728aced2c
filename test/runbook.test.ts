// The drill for the runbook in docs/operations.md: each test produces a state and finds what its entry names, which is a
// log line, a metric, and an alert.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { findFreePort } from "./helpers/free-port.ts";
import { create, minimalInput } from "./helpers/graphql.ts";
import { claimsWith, joinToken } from "./helpers/issuer.ts";
import { scrape } from "./helpers/metrics.ts";
import { eventually, startProcess } from "./helpers/process.ts";
import { type ExpectedAlert, extrapolate, findSilentAlerts, hasPromtool, rulesFile } from "./helpers/promtool.ts";
import { startRawUpstream, startUnresponsiveListener } from "./helpers/raw-upstream.ts";
import { type RunningService, startService } from "./helpers/service.ts";
import { createdResponse, type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

interface Drill {
  /** The alerts that fire if it goes on like this, without their prefix. */
  readonly alerts: readonly string[];
  /** The alert that fires if it is one request among many that succeed. */
  readonly alertIfRare?: string;
  readonly start: () => Promise<RunningService>;
  /** Sends one request for `failingInput` unless stated otherwise. */
  readonly produce?: (service: RunningService) => Promise<unknown>;
  /** Fields of lines that must be in the log. */
  readonly lines: readonly object[];
  readonly metrics: readonly (readonly [name: string, labels: Record<string, string>, value: unknown])[];
}

const token = { authorization: "Bearer t" };
const failingInput = { name: "fail", webhook: {} };
const createOnce = ({ url }: RunningService) => create(url, failingInput, token);
const createMany = async ({ url }: RunningService, count: number) => {
  for (let sent = 0; sent < count; sent++) await create(url, minimalInput, token);
};

type Respond = NonNullable<Parameters<typeof startUpstream>[0]>;
const startAt = (CONTACTSWING_URL: string, more: Record<string, string> = {}) =>
  startService({ CONTACTSWING_URL, ...more });
const refused = async () => `127.0.0.1:${await findFreePort()}`;
const never = () => new Promise<never>(() => {});
const resetConnection: Respond = (_request, socket) => {
  socket.resetAndDestroy();
  return never();
};

/** In front of a ContactSwing that does this when it is to create `failingInput`, and creates everything else. */
async function startFailing(fail: Respond, more?: Record<string, string>) {
  const upstream = await startUpstream((request, socket) =>
    request.body.includes(failingInput.name) ? fail(request, socket) : createdResponse,
  );
  return startAt(upstream.url, more);
}

const startHealthy = (more?: Record<string, string>) => startFailing(() => createdResponse, more);

/** A request that fails because of ContactSwing or the way there: enough of them burn the error budget. */
function upstreamFailure(kind: string, cause: unknown, code: string, start: Drill["start"]): Drill {
  return {
    alerts: ["FaultsBurnFast"],
    start,
    lines: [{ "log.level": "warn", "error.code": code, ...(cause === "none" ? {} : { "upstream.error.code": cause }) }],
    metrics: [
      ["contactswing_bff_upstream_failures_total", { kind, ...(typeof cause === "string" ? { cause } : {}) }, 1],
    ],
  };
}

const unreachable = (cause: unknown, start: Drill["start"]) =>
  upstreamFailure("unreachable", cause, "UPSTREAM_UNAVAILABLE", start);

// ContactSwing's response to the first of two requests of one frontend.
const held = Promise.withResolvers<ScriptedResponse>();

const drills: Record<string, Drill> = {
  "ContactSwing refuses connections": unreachable("ECONNREFUSED", async () => startAt(`http://${await refused()}`)),
  "ContactSwing's name does not resolve": unreachable(expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/), () =>
    startAt("http://contactswing.invalid"),
  ),
  "ContactSwing's certificate is not trusted": unreachable("DEPTH_ZERO_SELF_SIGNED_CERT", async () =>
    startAt(`https://localhost:${(await startRawUpstream({ isTls: true })).port}`),
  ),
  "no connection to ContactSwing in time": unreachable("ETIMEDOUT", async () =>
    startAt(`http://127.0.0.1:${await startUnresponsiveListener()}`, { UPSTREAM_CONNECT_TIMEOUT_MS: "200" }),
  ),
  "the connection is lost after the request was sent": {
    ...upstreamFailure("connection-lost", "ECONNRESET", "UPSTREAM_ERROR", () => startFailing(resetConnection)),
    alertIfRare: "ConnectionsFail",
  },
  "ContactSwing does not respond in time": upstreamFailure("timeout", "ETIMEDOUT", "UPSTREAM_TIMEOUT", () =>
    startFailing(never, { UPSTREAM_TIMEOUT_MS: "200" }),
  ),
  "ContactSwing fails": {
    ...upstreamFailure("server-error", "none", "UPSTREAM_ERROR", () => startFailing(() => ({ status: 500 }))),
    alertIfRare: "FaultsBurnSlowly",
  },
  "ContactSwing's API has changed": upstreamFailure("bad-response", "none", "UPSTREAM_BAD_RESPONSE", () =>
    startFailing(() => ({ status: 200, body: {} })),
  ),
  "mutations are slow": {
    alerts: ["LatencyBurnsFast"],
    alertIfRare: "LatencyBurnsSlowly",
    start: () => startFailing(() => new Promise((resolve) => setTimeout(resolve, 2600, createdResponse))),
    lines: [{ "event.duration": expect.any(Number), "upstream.duration": expect.any(Number) }],
    metrics: [["contactswing_bff_request_duration_seconds_count", { operation_type: "mutation" }, 1]],
  },
  "ContactSwing is unavailable": {
    alerts: ["BreakerOpen"],
    start: async () => startAt((await startUpstream(() => ({ status: 503 }))).url),
    produce: (service) => createMany(service, 22),
    lines: [
      { "log.level": "warn", message: "circuit breaker opened" },
      { "log.level": "warn", "upstream.shed": "circuit-open", "error.code": "UPSTREAM_UNAVAILABLE" },
    ],
    metrics: [
      ["contactswing_bff_circuit_breaker_state", { state: "open" }, 1],
      ["contactswing_bff_upstream_requests_shed_total", { reason: "circuit-open" }, 2],
    ],
  },
  "one frontend sends too many requests": {
    alerts: [],
    alertIfRare: "Sheds",
    start: () => startFailing(() => held.promise, { MAX_IN_FLIGHT_PER_CALLER: "1" }),
    produce: async ({ url }) => {
      const both = [1, 2].map(() => create(url, failingInput, { ...token, "apollographql-client-name": "bulk" }));
      await Promise.race(both);
      held.resolve(createdResponse);
      await Promise.all(both);
    },
    lines: [
      { "log.level": "warn", "error.code": "OVERLOADED", "upstream.shed": "overloaded", "graphql.client.name": "bulk" },
    ],
    metrics: [["contactswing_bff_upstream_requests_shed_total", { reason: "overloaded" }, 1]],
  },
  "the idempotency store is unreachable, and a key is given": {
    alerts: ["IdempotencyStoreDown"],
    start: async () => startHealthy({ REDIS_URL: `redis://${await refused()}` }),
    produce: ({ url }) => create(url, { ...minimalInput, idempotencyKey: "key-1" }, token),
    lines: [
      { "log.level": "warn", message: "idempotency store unavailable", "error.code": "ECONNREFUSED" },
      { "error.code": "IDEMPOTENCY_UNAVAILABLE", "idempotency.result": ["unavailable"] },
    ],
    metrics: [["contactswing_bff_dependency_up", { dependency: "idempotency-store" }, 0]],
  },
  "the idempotency store is unreachable, and nobody needs it": {
    alerts: ["DependencyDown"],
    start: async () => startHealthy({ REDIS_URL: `redis://${await refused()}` }),
    lines: [{ "log.level": "warn", message: "idempotency store unavailable", "error.code": "ECONNREFUSED" }],
    metrics: [["contactswing_bff_dependency_up", { dependency: "idempotency-store" }, 0]],
  },
  "the key server is unreachable": {
    alerts: ["TokenKeysUnavailable"],
    start: async () => startHealthy({ JWKS_URL: `http://${await refused()}/keys` }),
    produce: ({ url }) =>
      create(url, minimalInput, {
        authorization: `Bearer ${joinToken({ alg: "ES256", kid: "k" }, claimsWith(), "sig")}`,
      }),
    lines: [
      {
        "log.level": "warn",
        message: "token verification keys could not be loaded",
        "event.reason": expect.stringContaining("ECONNREFUSED"),
      },
      { "error.code": "AUTH_UNAVAILABLE" },
    ],
    metrics: [["contactswing_bff_dependency_up", { dependency: "key-server" }, 0]],
  },
  "a bug": {
    alerts: ["Bug"],
    start: () => startService({}, { client: { send: () => Promise.reject(new RangeError("a bug")) } }),
    lines: [
      {
        "log.level": "error",
        message: "internal error",
        "error.type": "RangeError",
        "error.message": "a bug",
        "error.stack_trace": expect.stringContaining("runbook.test.ts"),
      },
      { "log.level": "error", "error.code": "INTERNAL_SERVER_ERROR" },
    ],
    metrics: [["contactswing_bff_requests_total", { code: "INTERNAL_SERVER_ERROR" }, 1]],
  },
  "ContactSwing limits the rate": {
    alerts: ["RateLimited"],
    start: () => startFailing(() => ({ status: 429 })),
    lines: [{ "log.level": "info", "error.code": "RATE_LIMITED" }],
    metrics: [["contactswing_bff_requests_total", { code: "RATE_LIMITED" }, 1]],
  },
  "the event loop is blocked": {
    alerts: ["EventLoopLate", "EventLoopBusy"],
    start: () => startHealthy(),
    produce: (service) => {
      const response = createOnce(service);
      for (const end = performance.now() + 1000; performance.now() < end; );
      return response;
    },
    lines: [{ "event.duration": expect.any(Number) }],
    metrics: [
      ["nodejs_eventloop_delay_seconds_count", {}, expect.any(Number)],
      ["nodejs_eventloop_time_seconds_total", { state: "active" }, expect.any(Number)],
    ],
  },
};

const observed: ExpectedAlert[] = [];

describe("the runbook names the log line and the metric when", () => {
  test.each(Object.entries(drills))("%s", async (state, drill) => {
    const { alerts, alertIfRare, start, produce = createOnce, lines, metrics } = drill;
    const service = await start();
    const before = await scrape(service.url);
    const startedAt = performance.now();
    const observe = async (expected: readonly string[]) => {
      const after = await scrape(service.url);
      const series = extrapolate(before, after, (performance.now() - startedAt) / 1000);
      for (const alert of expected) observed.push({ state, alert: `ContactSwingBff${alert}`, series });
      return after;
    };
    const logged = () => service.logLines.map((line) => JSON.parse(line));

    await produce(service);

    const expected = lines.map((line) => expect.objectContaining(line));
    // Some lines are written in the background.
    const isLogged = () => expected.every((line) => logged().some((candidate) => line.asymmetricMatch(candidate)));
    await eventually(isLogged).catch(() => {});
    expect(logged()).toEqual(expect.arrayContaining(expected));
    const after = await observe(alerts);
    for (const [name, labels, value] of metrics) {
      expect([name, labels, after.value(name, labels)]).toEqual([name, labels, value]);
    }

    if (alertIfRare === undefined) return;
    await createMany(service, 60);
    await observe([alertIfRare]);
  });

  test("the breaker closes by itself", async () => {
    let isAvailable = false;
    const upstream = await startUpstream(() => (isAvailable ? createdResponse : { status: 503 }));
    const service = await startAt(upstream.url);
    await createMany(service, 20);
    isAvailable = true;

    await eventually(async () => (await create(service.url, minimalInput, token)).body.errors === undefined);

    const lines = service.logLines.map((line) => JSON.parse(line)).filter(({ message }) => /breaker/.test(message));
    expect(lines).toMatchObject([
      { "log.level": "warn", message: "circuit breaker opened" },
      { "log.level": "warn", message: "circuit breaker closed" },
    ]);
    const { value } = await scrape(service.url);
    expect(value("contactswing_bff_circuit_breaker_state", { state: "closed" })).toBe(1);
  });

  test("no instance is left", async () => {
    const { child, exit, lines } = await startProcess({ NODE_ENV: "production", SHUTDOWN_DELAY_MS: "0" });

    child.kill("SIGTERM");

    expect(await exit).toBe(0);
    expect(lines().at(-1)).toMatchObject({ "log.level": "info", message: "stopped" });
    observed.push({ state: "no instance is left", alert: "ContactSwingBffAbsent", series: [] });
  });
});

describe("every alert", () => {
  test("has a drill", () => {
    const alerts = readFileSync(rulesFile, "utf8").matchAll(/(?<=- alert: )\w+/g);

    expect(new Set(observed.map(({ alert }) => alert))).toEqual(new Set(Array.from(alerts, ([alert]) => alert)));
  });

  (hasPromtool ? test : test.skip)("fires in its drill (promtool)", () => {
    expect(findSilentAlerts(observed)).toBe("");
  });
});
