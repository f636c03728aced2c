// Each test produces a state of the runbook in docs/operations.md, and finds the log lines and metrics that it names.
// That the alerts fire on these metrics is in deploy/observability/alerts.test.yaml.
import { expect, test } from "@jest/globals";
import { findFreePort } from "./helpers/free-port.ts";
import { create, minimalInput } from "./helpers/graphql.ts";
import { claimsWith, joinToken } from "./helpers/issuer.ts";
import { scrape } from "./helpers/metrics.ts";
import { eventually } from "./helpers/process.ts";
import { startRawUpstream, startUnresponsiveListener } from "./helpers/raw-upstream.ts";
import { type RunningService, startService } from "./helpers/service.ts";
import { createdResponse, type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

interface State {
  readonly start: () => Promise<RunningService>;
  /** Sends one create request unless stated otherwise. */
  readonly produce?: (url: string) => Promise<unknown>;
  /** Fields of lines that must be in the log. */
  readonly lines: readonly object[];
  readonly metrics: readonly (readonly [name: string, labels: Record<string, string>, value: number])[];
}

const token = { authorization: "Bearer t" };
const createOnce = (url: string) => create(url, minimalInput, token);

type Respond = NonNullable<Parameters<typeof startUpstream>[0]>;
const startAt = (CONTACTSWING_URL: string, more: Record<string, string> = {}) =>
  startService({ CONTACTSWING_URL, ...more });
const startBehind = async (respond?: Respond, more?: Record<string, string>) =>
  startAt((await startUpstream(respond)).url, more);
const refused = async () => `127.0.0.1:${await findFreePort()}`;
const never = () => new Promise<never>(() => {});
const resetConnection: Respond = (_request, socket) => {
  socket.resetAndDestroy();
  return never();
};

/** A request that fails because of ContactSwing or the way there. */
const failure = (code: string, kind: string, cause: string | undefined, start: State["start"]): State => ({
  start,
  lines: [{ "log.level": "warn", "error.code": code, ...(cause && { "upstream.error.code": cause }) }],
  metrics: [["contactswing_bff_upstream_failures_total", { kind, cause: cause ?? "none" }, 1]],
});
const unreachable = (cause: string, start: State["start"]) =>
  failure("UPSTREAM_UNAVAILABLE", "unreachable", cause, start);

// ContactSwing's response to the first of two requests of one frontend.
const held = Promise.withResolvers<ScriptedResponse>();

const states: Record<string, State> = {
  "ContactSwing refuses connections": unreachable("ECONNREFUSED", async () => startAt(`http://${await refused()}`)),
  "ContactSwing's certificate is not trusted": unreachable("DEPTH_ZERO_SELF_SIGNED_CERT", async () =>
    startAt(`https://localhost:${(await startRawUpstream({ isTls: true })).port}`),
  ),
  "ContactSwing's name does not resolve": {
    start: () => startAt("http://contactswing.invalid"),
    lines: [{ "log.level": "warn", "upstream.error.code": expect.stringMatching(/^(ENOTFOUND|EAI_AGAIN)$/) }],
    metrics: [["contactswing_bff_upstream_failures_total", { kind: "unreachable" }, 1]],
  },
  "there is no connection to ContactSwing in time": unreachable("ETIMEDOUT", async () =>
    startAt(`http://127.0.0.1:${await startUnresponsiveListener()}`, { UPSTREAM_CONNECT_TIMEOUT_MS: "200" }),
  ),
  "the connection is lost after the request was sent": failure("UPSTREAM_ERROR", "connection-lost", "ECONNRESET", () =>
    startBehind(resetConnection),
  ),
  "ContactSwing does not respond in time": failure("UPSTREAM_TIMEOUT", "timeout", "ETIMEDOUT", () =>
    startBehind(never, { UPSTREAM_TIMEOUT_MS: "200" }),
  ),
  "ContactSwing's API has changed": failure("UPSTREAM_BAD_RESPONSE", "bad-response", undefined, () =>
    startBehind(() => ({ status: 200, body: {} })),
  ),
  "one frontend sends too many requests": {
    start: () => startBehind(() => held.promise, { MAX_IN_FLIGHT_PER_CALLER: "1" }),
    async produce(url) {
      const both = [1, 2].map(() => create(url, minimalInput, { ...token, "apollographql-client-name": "bulk" }));
      await Promise.race(both);
      held.resolve(createdResponse);
      await Promise.all(both);
    },
    lines: [
      {
        "log.level": "warn",
        "error.code": "OVERLOADED",
        "failure.reason": "max-in-flight-per-caller",
        "graphql.client.name": "bulk",
      },
    ],
    metrics: [
      ["contactswing_bff_requests_shed_total", { reason: "max-in-flight-per-caller" }, 1],
      ["contactswing_bff_requests_total", { code: "CALLER_LIMIT" }, 1],
    ],
  },
  "the idempotency store is unreachable": {
    start: async () => startBehind(undefined, { REDIS_URL: `redis://${await refused()}` }),
    produce: (url) => create(url, { ...minimalInput, idempotencyKey: "key-1" }, token),
    lines: [
      { "log.level": "warn", message: "idempotency store unavailable", "error.code": "ECONNREFUSED" },
      { "error.code": "IDEMPOTENCY_UNAVAILABLE", "idempotency.result": ["unavailable"] },
    ],
    metrics: [
      ["contactswing_bff_dependency_up", { dependency: "idempotency-store" }, 0],
      ["contactswing_bff_requests_total", { code: "IDEMPOTENCY_UNAVAILABLE" }, 1],
    ],
  },
  "the key server is unreachable": {
    start: async () => startBehind(undefined, { JWKS_URL: `http://${await refused()}/keys` }),
    produce: (url) =>
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
    metrics: [
      ["contactswing_bff_dependency_up", { dependency: "key-server" }, 0],
      ["contactswing_bff_requests_total", { code: "AUTH_UNAVAILABLE" }, 1],
    ],
  },
  "ContactSwing limits the rate": {
    start: () => startBehind(() => ({ status: 429 })),
    lines: [{ "log.level": "info", "error.code": "RATE_LIMITED" }],
    metrics: [["contactswing_bff_requests_total", { code: "RATE_LIMITED" }, 1]],
  },
};

async function expectObserved({ url, logLines }: RunningService, { lines, metrics }: Pick<State, "lines" | "metrics">) {
  const logged = () => logLines.map((line) => JSON.parse(line));
  const expected = lines.map((line) => expect.objectContaining(line));
  // Some lines are written in the background.
  const isLogged = () => expected.every((line) => logged().some((candidate) => line.asymmetricMatch(candidate)));
  await eventually(isLogged).catch(() => {});
  expect(logged()).toEqual(expect.arrayContaining(expected));
  const { value } = await scrape(url);
  expect(metrics.map(([name, labels]) => [name, labels, value(name, labels)])).toEqual(metrics);
}

test.each(Object.entries(states))("the log and the metrics tell when %s", async (_name, state) => {
  const { start, produce = createOnce, ...expected } = state;
  const running = await start();

  await produce(running.url);

  await expectObserved(running, expected);
});

test("the log and the metrics tell when the circuit breaker opens, and when it closes by itself", async () => {
  let isAvailable = false;
  const running = await startBehind(() => (isAvailable ? createdResponse : { status: 503 }));
  for (let sent = 0; sent < 22; sent += 1) {
    await create(running.url, minimalInput, { authorization: `Bearer caller-${sent % 2}` });
  }
  await expectObserved(running, {
    lines: [
      { "log.level": "warn", message: "circuit breaker opened" },
      { "log.level": "warn", "failure.kind": "circuit-open", "error.code": "UPSTREAM_UNAVAILABLE" },
    ],
    metrics: [
      ["contactswing_bff_circuit_breaker_state", { requests: "writes", state: "open" }, 1],
      ["contactswing_bff_requests_shed_total", { reason: "circuit-open" }, 2],
    ],
  });

  isAvailable = true;
  await eventually(async () => (await createOnce(running.url)).body.errors === undefined);
  await expectObserved(running, {
    lines: [{ "log.level": "warn", message: "circuit breaker closed" }],
    metrics: [["contactswing_bff_circuit_breaker_state", { requests: "writes", state: "closed" }, 1]],
  });
});
