import { describe, expect, test } from "@jest/globals";
import { create, fullInput, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { keyed, payloadOf, resultOf, startHeldUpstream } from "./helpers/keyed-requests.ts";
import { eventually } from "./helpers/process.ts";
import { describeWithRedis, startRedis } from "./helpers/redis.ts";
import { startService, startWithUpstream } from "./helpers/service.ts";
import type { Respond, ScriptedResponse } from "./helpers/upstream.ts";

/** What is true of every store. Any order of requests, endings, and crashes is in idempotency-model.test.ts. */
function describeStore(startStore: () => Promise<Record<string, string>>): void {
  const settings = async (environment = {}) => ({ ...(await startStore()), ...environment });

  const start = async (respond?: Respond, environment?: Record<string, string>) =>
    startWithUpstream(respond, await settings(environment));

  async function startHeld(response?: ScriptedResponse, environment?: Record<string, string>) {
    const held = await startHeldUpstream(response);
    const CONTACTSWING_URL = held.upstream.url;
    return { ...held, ...(await startService({ CONTACTSWING_URL, ...(await settings(environment)) })) };
  }

  test("a repeated request gets the first one's response with replayed true, and the log says so", async () => {
    const { url, upstream, lines, logLines } = await start();
    const canary = { ...keyed, name: "canary", idempotencyKey: "canary-key" };
    const headers = { authorization: "Bearer canary-token" };

    const first = await create(url, canary, { ...headers, "x-request-id": "first" });
    const second = await create(url, canary, { ...headers, "x-request-id": "second" });

    const payload = { ctxId: "ctx-1", action: { id: "act-1", name: "N", type: "SINGLEDATAEXTRACTION" } };
    expect(payloadOf(first)).toEqual({ ...payload, replayed: false });
    expect(payloadOf(second)).toEqual({ ...payload, replayed: true });
    expect(upstream.received).toHaveLength(1);
    const logged = () => lines().filter((line) => line["idempotency.result"]);
    await eventually(() => logged().length === 2);
    expect(logged().map((line) => [line["http.request.id"], line["idempotency.result"]])).toEqual([
      ["first", ["done"]],
      ["second", ["replayed"]],
    ]);
    expect(logLines.join("")).not.toContain("canary");
  });

  test("null and values equal to their default do not make another input", async () => {
    const { url } = await start();
    await create(url, keyed);

    const spelledOut = { ...keyed, actionTiming: "DURING", description: null, webhook: { mandatory: null } };

    expect(resultOf(await create(url, spelledOut))).toBe(true);
  });

  test("requests wait for the first one's response without using upstream capacity", async () => {
    const settings = { MAX_IN_FLIGHT: "2", MAX_IN_FLIGHT_PER_CALLER: "2" };
    const { url, upstream, release, arrival } = await startHeld(undefined, settings);
    const requests = Array.from({ length: 50 }, () => create(url, keyed));
    await arrival();

    const other = await create(url, { ...minimalInput, name: "free" });
    release();

    expect(resultOf(other)).toBe(false);
    const results = (await Promise.all(requests)).map(resultOf);
    expect(results.sort()).toEqual([false, ...Array(49).fill(true)]);
    expect(upstream.received).toHaveLength(2);
  });

  test("a key is rejected with another input, while its request is in flight and afterwards", async () => {
    const { url, upstream, release, arrival } = await startHeld();
    const first = create(url, keyed);
    await arrival();

    const during = await create(url, { ...fullInput, idempotencyKey: "key-1" });
    release();
    await first;
    const after = await create(url, { ...keyed, webhook: { mandatory: false } });

    const reused = { code: "IDEMPOTENCY_KEY_REUSED", outcome: "NOT_CREATED", retryable: false };
    for (const response of [during, after]) expect(onlyError(response).extensions).toMatchObject(reused);
    expect(upstream.received).toHaveLength(1);
  });

  test("callers have keys of their own", async () => {
    const { url, upstream } = await start();
    const tokens = ["Bearer one", "Bearer two", "bearer  one"];

    const results: (string | boolean)[] = [];
    for (const authorization of tokens) results.push(resultOf(await create(url, keyed, { authorization })));

    expect(results).toEqual([false, false, true]);
    expect(upstream.received.map(({ headers }) => headers.authorization)).toEqual(["Bearer one", "Bearer two"]);
  });

  test.each<[string, ScriptedResponse, string]>([
    ["UNKNOWN", { status: 500, body: "oops" }, "UPSTREAM_ERROR"],
    ["UNKNOWN", { status: 303, body: "", headers: { location: "/v2/_actions/1" } }, "UPSTREAM_ERROR"],
    ["UNKNOWN", { status: 408, body: {} }, "UPSTREAM_ERROR"],
    ["UNKNOWN", { status: 499, body: {} }, "UPSTREAM_ERROR"],
    ["CREATED", { status: 201, body: { data: {} } }, "UPSTREAM_BAD_RESPONSE"],
  ])("a key whose request ended %s is kept, for waiting and for later requests", async (outcome, response, code) => {
    const { url, upstream, release, arrival } = await startHeld(response);
    const first = create(url, keyed);
    await arrival();
    const waiting = create(url, keyed);
    await send(url, { query: "{ __typename }" });
    release();

    expect(onlyError(await first).extensions).toMatchObject({ code, outcome });
    for (const later of [await waiting, await create(url, keyed)]) {
      const requestId = later.headers.get("x-request-id");
      expect(onlyError(later).extensions).toEqual({ code: "OUTCOME_UNKNOWN", outcome, retryable: false, requestId });
    }
    expect(upstream.received).toHaveLength(1);
  });

  test("a key is forgotten after its time to live", async () => {
    const { url, upstream } = await start(undefined, { IDEMPOTENCY_TTL_SECONDS: "1" });
    await create(url, keyed);

    await eventually(async () => !payloadOf(await create(url, keyed)).replayed);

    expect(upstream.received).toHaveLength(2);
  });
}

describe("the store in the process", () => describeStore(async () => ({})));

describeWithRedis("the store in Redis", () => describeStore(async () => ({ REDIS_URL: (await startRedis()).url })));
