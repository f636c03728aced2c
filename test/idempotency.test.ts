import { describe, expect, test } from "@jest/globals";
import { create, fullInput, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { eventually } from "./helpers/process.ts";
import { describeWithRedis, startRedis } from "./helpers/redis.ts";
import { startService } from "./helpers/service.ts";
import { createdAnswer, type ReceivedRequest, type ScriptedAnswer, startUpstream } from "./helpers/upstream.ts";

type Script = (request: ReceivedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>;

const keyed = { ...minimalInput, idempotencyKey: "key-1" };
const rejected = { status: 400, body: { detail: "no" } };

/** What holds of every store. */
function describeStore(startStore: () => Promise<Record<string, string>>): void {
  async function start(script?: Script, environment: Record<string, string> = {}) {
    const upstream = await startUpstream(script);
    const store = await startStore();
    return { upstream, ...(await startService({ CONTACTSWING_URL: upstream.url, ...store, ...environment })) };
  }

  test("answers a repeated call as the first one, with replayed true and no further POST", async () => {
    const { url, upstream } = await start();

    const first = await create(url, keyed);
    const second = await create(url, keyed);

    const payload = { ctxId: "ctx-1", action: { id: "act-1", name: "N", type: "SINGLEDATAEXTRACTION" } };
    expect(first.body).toEqual({ data: { createDataExtractionAction: { ...payload, replayed: false } } });
    expect(second.body).toEqual({ data: { createDataExtractionAction: { ...payload, replayed: true } } });
    expect(upstream.received).toHaveLength(1);
  });

  test("replays an answer without name and ctx_id the same way", async () => {
    const { url } = await start(() => ({ status: 200, body: { data: { action_id: "a" } } }));

    const [first, second] = [await create(url, keyed), await create(url, keyed)];

    const { replayed, ...payload } = second.body.data.createDataExtractionAction;
    expect(replayed).toBe(true);
    expect(first.body.data.createDataExtractionAction).toEqual({ ...payload, replayed: false });
    expect(payload).toMatchObject({ ctxId: null, action: { name: "Interested?" } });
  });

  test("takes absent, null and default values for the same input", async () => {
    const { url, upstream } = await start();
    await create(url, keyed);

    const answer = await create(url, {
      idempotencyKey: "key-1",
      webhook: { syncField: null, mandatory: null },
      description: null,
      type: "SINGLEDATAEXTRACTION",
      actionTiming: "DURING",
      name: keyed.name,
    });

    expect(answer.body.data.createDataExtractionAction.replayed).toBe(true);
    expect(upstream.received).toHaveLength(1);
  });

  test("replays within one operation", async () => {
    const { url, upstream } = await start();
    const field = `createDataExtractionAction(input: { name: "n", webhook: {}, idempotencyKey: "k" }) { replayed }`;

    const { body } = await send(url, { query: `mutation { a: ${field} b: ${field} }` });

    expect(body.data).toEqual({ a: { replayed: false }, b: { replayed: true } });
    expect(upstream.received).toHaveLength(1);
  });

  test("lets callers wait for the first one's answer without taking up room for calls", async () => {
    const gate = Promise.withResolvers<void>();
    const { url, upstream } = await start(
      async ({ body }) => {
        if (body.includes("held")) await gate.promise;
        return createdAnswer;
      },
      { MAX_IN_FLIGHT: "2" },
    );
    const calls = Array.from({ length: 50 }, () => create(url, { ...keyed, name: "held" }));
    await eventually(() => upstream.received[0]);
    const other = await create(url, minimalInput);
    gate.resolve();
    const answers = await Promise.all(calls);

    expect(other.body.errors).toBeUndefined();
    expect(answers.flatMap(({ body }) => body.errors ?? [])).toEqual([]);
    const replays = answers.filter(({ body }) => body.data.createDataExtractionAction.replayed);
    expect(replays).toHaveLength(49);
    expect(upstream.received).toHaveLength(2);
  });

  test("refuses a key that was used with another input, also while that call is under way", async () => {
    const gate = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const { url, upstream } = await start(async () => {
      arrived.resolve();
      await gate.promise;
      return createdAnswer;
    });
    const first = create(url, keyed);
    await arrived.promise;

    const during = onlyError(await create(url, { ...fullInput, idempotencyKey: "key-1" }));
    gate.resolve();
    await first;
    const after = onlyError(await create(url, { ...keyed, webhook: { mandatory: false } }));

    const reused = { code: "IDEMPOTENCY_KEY_REUSED", outcome: "NOT_CREATED", retryable: false };
    expect(during.extensions).toMatchObject(reused);
    expect(after.extensions).toMatchObject(reused);
    expect(upstream.received).toHaveLength(1);
  });

  test("keeps the keys of callers apart", async () => {
    const { url, upstream } = await start();

    await create(url, keyed, { authorization: "Bearer one" });
    const other = await create(url, keyed, { authorization: "Bearer two" });
    const again = await create(url, keyed, { authorization: "bearer  one" });

    expect(other.body.data.createDataExtractionAction.replayed).toBe(false);
    expect(again.body.data.createDataExtractionAction.replayed).toBe(true);
    expect(upstream.received.map(({ headers }) => headers.authorization)).toEqual(["Bearer one", "Bearer two"]);
  });

  test("gives a key back when nothing was created, also for another input", async () => {
    const answers = [rejected, { status: 429 }, createdAnswer];
    const { url, upstream } = await start(() => answers.shift() ?? createdAnswer);

    const first = onlyError(await create(url, keyed));
    const second = onlyError(await create(url, { ...keyed, name: "Corrected" }));
    const third = await create(url, keyed);

    expect([first.extensions.code, second.extensions.code]).toEqual(["BAD_USER_INPUT", "RATE_LIMITED"]);
    expect(third.body.data.createDataExtractionAction.replayed).toBe(false);
    expect(upstream.received).toHaveLength(3);
  });

  test("lets one waiting caller at a time try again after a failure that created nothing", async () => {
    let underWay = 0;
    let most = 0;
    const answers = [rejected, rejected];
    const { url, upstream } = await start(async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setImmediate(resolve));
      underWay -= 1;
      return answers.shift() ?? createdAnswer;
    });

    const results = await Promise.all(Array.from({ length: 20 }, () => create(url, keyed)));

    const outcomes = results.map(
      ({ body }) => body.errors?.[0]?.extensions.code ?? body.data.createDataExtractionAction.replayed,
    );
    expect(outcomes.filter((outcome) => outcome === "BAD_USER_INPUT")).toHaveLength(2);
    expect(outcomes.filter((outcome) => outcome === false)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === true)).toHaveLength(17);
    expect(upstream.received).toHaveLength(3);
    expect(most).toBe(1);
  });

  test.each<[string, ScriptedAnswer, string]>([
    ["UNKNOWN", { status: 500, body: "oops" }, "UPSTREAM_ERROR"],
    ["CREATED", { status: 201, body: { data: {} } }, "UPSTREAM_BAD_RESPONSE"],
  ])("pins a key whose call ended %s, and never sends again", async (outcome, scripted, code) => {
    const { url, upstream } = await start(() => scripted);

    const first = onlyError(await create(url, keyed));
    const second = onlyError(await create(url, keyed));
    const other = onlyError(await create(url, { ...keyed, name: "Other" }));

    expect(first.extensions).toMatchObject({ code, outcome });
    expect(second.extensions).toMatchObject({ code: "OUTCOME_UNKNOWN", outcome, retryable: false });
    expect(second.extensions.upstream).toBeUndefined();
    expect(other.extensions.code).toBe("IDEMPOTENCY_KEY_REUSED");
    expect(upstream.received).toHaveLength(1);
  });

  test("tells those that wait for a call that ends unknown that nobody knows", async () => {
    const gate = Promise.withResolvers<void>();
    const { url, upstream } = await start(async () => {
      await gate.promise;
      return { status: 502 };
    });
    const calls = Array.from({ length: 5 }, () => create(url, keyed));
    await send(url, { query: "{ __typename }" });
    gate.resolve();

    const codes = (await Promise.all(calls)).map((answer) => onlyError(answer).extensions.code).sort();

    expect(codes).toEqual([...Array(4).fill("OUTCOME_UNKNOWN"), "UPSTREAM_ERROR"]);
    expect(upstream.received).toHaveLength(1);
  });

  test("forgets a key when its time is over", async () => {
    const { url, upstream } = await start(undefined, { IDEMPOTENCY_TTL_SECONDS: "1" });
    await create(url, keyed);

    let replays = 0;
    while ((await create(url, keyed)).body.data.createDataExtractionAction.replayed) replays += 1;

    expect(replays).toBeGreaterThan(0);
    expect(upstream.received).toHaveLength(2);
  });

  test("writes what became of each key into the request's log line, and nothing of key, token or input", async () => {
    const { url, logLines } = await start();
    const canary = { name: "canary", webhook: {}, idempotencyKey: "canary-key" };
    for (const id of ["log-1", "log-2"]) {
      await create(url, canary, { authorization: "Bearer canary-token", "x-request-id": id });
    }

    const lines = logLines.map((line) => JSON.parse(line));
    const resultOf = (id: string) => lines.find((line) => line["http.request.id"] === id)?.["idempotency.result"];
    expect([resultOf("log-1"), resultOf("log-2")]).toEqual([["created"], ["replayed"]]);
    expect(logLines.join("")).not.toContain("canary");
  });

  test("makes calls without a key independent of each other", async () => {
    const { url, upstream } = await start();

    await create(url, minimalInput);
    const second = await create(url, { ...minimalInput, idempotencyKey: null });

    expect(second.body.data.createDataExtractionAction.replayed).toBe(false);
    expect(upstream.received).toHaveLength(2);
  });
}

describe("the store in the process", () => describeStore(async () => ({})));

describeWithRedis("the store in Redis", () => describeStore(async () => ({ REDIS_URL: (await startRedis()).url })));
