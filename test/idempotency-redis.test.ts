import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { findFreePort } from "./helpers/free-port.ts";
import { create, fullInput, type GraphqlAnswer, minimalInput, onlyError } from "./helpers/graphql.ts";
import { eventually, startProcess } from "./helpers/process.ts";
import { describeWith, describeWithRedis, type RedisServer, startRedis } from "./helpers/redis.ts";
import { startService } from "./helpers/service.ts";
import { createdAnswer, type ReceivedRequest, startUpstream } from "./helpers/upstream.ts";

const token = { authorization: "Bearer canary-token" };
const keyed = { ...minimalInput, idempotencyKey: "key-1" };

/** An upstream that answers only once the test opens the gate, except to what is named "free". */
async function startGatedUpstream() {
  const gate = Promise.withResolvers<void>();
  const upstream = await startUpstream(async ({ body }: ReceivedRequest) => {
    if (!body.includes('"free"')) await gate.promise;
    return createdAnswer;
  });
  return { upstream, open: gate.resolve };
}

const payloadOf = ({ body }: GraphqlAnswer) => body.data.createDataExtractionAction;
const codeOf = (answer: GraphqlAnswer) => onlyError(answer).extensions.code;
const recordsOf = async (redis: RedisServer) => {
  const keys = (await redis.command("KEYS", "contactswing-bff:idempotency:*")) as string[];
  return keys.filter((key) => !key.endsWith(":probe"));
};
const readiness = async (url: string) => {
  const response = await fetch(`${url}/health/ready`);
  return { status: response.status, body: (await response.json()) as { status: string } };
};
const degraded = { status: 200, body: { status: "degraded", degraded: ["idempotency"] } };
const ready = { status: 200, body: { status: "ready" } };

async function becomes(url: string, expected: typeof degraded | typeof ready): Promise<void> {
  while ((await readiness(url)).body.status !== expected.body.status) await new Promise(setImmediate);
  expect(await readiness(url)).toEqual(expected);
}

const stateLines = (logLines: readonly string[]) => logLines.filter((line) => line.includes("idempotency store"));

describeWithRedis("Redis, and replicas of the service", () => {
  async function startReplicas(environment: Record<string, string> = {}) {
    const redis = await startRedis();
    const { upstream, open } = await startGatedUpstream();
    const settings = { CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url, ...environment };
    const [first, second] = [await startProcess(settings), await startProcess(settings)];
    return { redis, upstream, open, first, second };
  }

  test("sees one POST for 200 callers with one key over two processes", async () => {
    const { upstream, open, first, second } = await startReplicas();
    const calls = Array.from({ length: 200 }, (_, index) =>
      create((index % 2 === 0 ? first : second).url, keyed, token),
    );
    await eventually(() => upstream.received[0]);
    for (const { url } of [first, second]) await create(url, { name: "free", webhook: {} }, token);
    open();

    const payloads = (await Promise.all(calls)).map(payloadOf);

    expect(upstream.received.filter(({ body }) => !body.includes('"free"'))).toHaveLength(1);
    expect(payloads.filter(({ replayed }) => replayed)).toHaveLength(199);
    const { action, ctxId } = payloads[0];
    expect(payloads.every((payload) => payload.ctxId === ctxId && payload.action.id === action.id)).toBe(true);
  });

  test("answers OUTCOME_UNKNOWN and never sends again after the creating process was killed", async () => {
    const { redis, upstream, open, first, second } = await startReplicas();
    const lost = create(first.url, keyed, token).catch((error: Error) => error.message);
    await eventually(() => upstream.received[0]);
    const waiting = create(second.url, keyed, token);

    first.child.kill("SIGKILL");

    const unknown = { code: "OUTCOME_UNKNOWN", outcome: "UNKNOWN", retryable: false };
    expect(onlyError(await waiting).extensions).toMatchObject(unknown);
    open();
    expect(onlyError(await create(second.url, keyed, token)).extensions).toMatchObject(unknown);
    expect(codeOf(await create(second.url, { ...keyed, name: "x" }, token))).toBe("IDEMPOTENCY_KEY_REUSED");
    expect(await lost).toBe("fetch failed");
    expect(upstream.received).toHaveLength(1);
    const [record] = await recordsOf(redis);
    expect(await redis.command("PTTL", String(record))).toBeGreaterThan(86_000_000);
  });

  test("gives the answer to later calls when a creating process stood still for longer than its lease", async () => {
    const { upstream, open, first, second } = await startReplicas();
    const slow = create(first.url, keyed, token);
    await eventually(() => upstream.received[0]);

    first.child.kill("SIGSTOP");
    const during = await create(second.url, keyed, token);
    open();
    first.child.kill("SIGCONT");

    expect(codeOf(during)).toBe("OUTCOME_UNKNOWN");
    expect(payloadOf(await slow).replayed).toBe(false);
    expect(payloadOf(await create(second.url, keyed, token)).replayed).toBe(true);
    expect(upstream.received).toHaveLength(1);
  });

  test("outlives Redis being stopped and started again in mid-run", async () => {
    const { upstream, open } = await startGatedUpstream();
    const redis = await startRedis();
    const settings = { CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url };
    const { url, logLines } = await startService(settings);
    const other = await startService(settings);
    const underWay = create(url, keyed);
    await eventually(() => upstream.received[0]);

    await redis.stop();
    await becomes(url, degraded);
    const startedAt = performance.now();
    const refused = await create(url, { ...keyed, idempotencyKey: "key-2" });
    const refusedAfterMs = performance.now() - startedAt;
    const keyless = await create(url, { name: "free", webhook: {} });
    open();
    const answer = await underWay;
    expect(upstream.received).toHaveLength(2);
    await startRedis(redis.port);
    await Promise.all([becomes(url, ready), becomes(other.url, ready)]);

    expect(onlyError(refused).extensions).toMatchObject({
      code: "IDEMPOTENCY_UNAVAILABLE",
      outcome: "NOT_CREATED",
      retryable: true,
    });
    expect(refusedAfterMs).toBeLessThan(1000);
    expect(payloadOf(keyless).replayed).toBe(false);
    expect(payloadOf(answer).replayed).toBe(false);
    // Redis has forgotten everything; the replica that created has told it again.
    expect(payloadOf(await create(url, keyed)).replayed).toBe(true);
    expect(payloadOf(await create(other.url, keyed)).replayed).toBe(true);
    expect(upstream.received).toHaveLength(2);
    expect(payloadOf(await create(url, { ...keyed, name: "free", idempotencyKey: "key-2" })).replayed).toBe(false);
    expect(stateLines(logLines).map((line) => JSON.parse(line)["log.level"])).toEqual(["warn", "info"]);
    expect(logLines.join("")).not.toMatch(/redis:|127\.0\.0\.1/);
  });

  test("sends nothing while Redis does not answer, says so soon, and gives the key back", async () => {
    const redis = await startRedis();
    const upstream = await startUpstream();
    const { url } = await startService({ CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url });

    redis.signal("SIGSTOP");
    const startedAt = performance.now();
    const refused = await create(url, keyed);
    const refusedAfterMs = performance.now() - startedAt;
    redis.signal("SIGCONT");
    await becomes(url, ready);

    expect(codeOf(refused)).toBe("IDEMPOTENCY_UNAVAILABLE");
    expect(refusedAfterMs).toBeLessThan(2000);
    expect(upstream.received).toEqual([]);
    expect(payloadOf(await create(url, keyed)).replayed).toBe(false);
  });

  test("starts without Redis, and uses it as soon as it is there", async () => {
    const port = await findFreePort();
    const upstream = await startUpstream();
    const environment = { CONTACTSWING_URL: upstream.url, REDIS_URL: `redis://127.0.0.1:${port}` };
    const { url, logLines } = await startService(environment);

    expect(await readiness(url)).toEqual(degraded);
    expect(codeOf(await create(url, keyed))).toBe("IDEMPOTENCY_UNAVAILABLE");
    await startRedis(port);
    await becomes(url, ready);
    await create(url, keyed);

    expect(payloadOf(await create(url, keyed)).replayed).toBe(true);
    expect(stateLines(logLines)).toHaveLength(2);
    expect(JSON.parse(stateLines(logLines)[0] ?? "")["error.code"]).toBe("ECONNREFUSED");
  });

  test("is degraded while Redis refuses writes", async () => {
    const redis = await startRedis();
    const upstream = await startUpstream();
    const { url } = await startService({ CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url });

    await redis.command("CONFIG", "SET", "maxmemory", "1");
    await becomes(url, degraded);
    const refused = await create(url, keyed);
    await redis.command("CONFIG", "SET", "maxmemory", "0");
    await becomes(url, ready);

    expect(codeOf(refused)).toBe("IDEMPOTENCY_UNAVAILABLE");
    expect(payloadOf(await create(url, keyed)).replayed).toBe(false);
    expect(upstream.received).toHaveLength(1);
  });

  test("does not let one that waits create again when Redis loses the record of a call under way", async () => {
    const redis = await startRedis();
    const { upstream, open } = await startGatedUpstream();
    const settings = { CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url };
    const [creating, waiting] = [await startService(settings), await startService(settings)];
    const first = create(creating.url, keyed);
    await eventually(() => upstream.received[0]);
    const [record] = await recordsOf(redis);
    const told = await redis.watch();
    let isAnswered = false;
    const second = create(waiting.url, keyed).finally(() => {
      isAnswered = true;
    });
    // The last word of a claim says that the caller has seen the key taken.
    await eventually(() => /"EVAL".+'other-input'.+ "1"\r\n/.exec(told()));

    // Again and again, since the one that creates writes its record again too.
    while (!isAnswered) await redis.command("DEL", String(record));

    const answer = await second;
    open();
    expect(codeOf(answer)).toBe("OUTCOME_UNKNOWN");
    expect(payloadOf(await first).replayed).toBe(false);
    expect(payloadOf(await create(waiting.url, keyed)).replayed).toBe(true);
    expect(upstream.received).toHaveLength(1);
  });

  test("tells Redis again of a call under way that it has forgotten", async () => {
    const redis = await startRedis();
    const { upstream, open } = await startGatedUpstream();
    const settings = { CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url };
    const [creating, other] = [await startService(settings), await startService(settings)];
    const first = create(creating.url, keyed);
    await eventually(() => upstream.received[0]);

    await redis.command("FLUSHALL");
    while ((await recordsOf(redis)).length === 0);
    const second = create(other.url, keyed);
    open();

    expect(payloadOf(await first).replayed).toBe(false);
    expect(payloadOf(await second).replayed).toBe(true);
    expect(upstream.received).toHaveLength(1);
  });

  test("keeps no token, key or input in Redis, and less than 700 bytes a key", async () => {
    const redis = await startRedis();
    // Upstream answers with the name it was sent, changed a little.
    const upstream = await startUpstream(({ body }) => {
      const { name } = JSON.parse(body);
      return { status: 201, body: { ctx_id: "c", data: { action_id: "act-1", name: `${name} (canary)` } } };
    });
    const { url } = await startService({ CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url });
    const input = JSON.parse(JSON.stringify(fullInput).replace("My Data", "canary").replace("customers", "canary"));

    await create(url, { ...input, idempotencyKey: "canary-key" }, token);

    const [key, ...others] = await recordsOf(redis);
    const value = await redis.command("GET", String(key));
    expect(others).toEqual([]);
    expect(`${key} ${value}`).not.toMatch(/canary|act-1|customer/i);
    expect(await redis.command("MEMORY", "USAGE", String(key))).toBeLessThan(700);
    const { name } = payloadOf(await create(url, { ...input, idempotencyKey: "canary-key" }, token)).action;
    expect(name).toBe("canary Extraction Action (canary)");
  });

  test("says that the action exists when its stored answer is damaged", async () => {
    const redis = await startRedis();
    const upstream = await startUpstream();
    const { url } = await startService({ CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url });
    await create(url, keyed);
    const [key] = await recordsOf(redis);
    const words = String(await redis.command("GET", String(key))).split(" ");
    await redis.command("SET", String(key), [...words.slice(0, 3), "AAAA"].join(" "));

    const { extensions } = onlyError(await create(url, keyed));

    expect(extensions).toMatchObject({ code: "OUTCOME_UNKNOWN", outcome: "CREATED", retryable: false });
    expect(upstream.received).toHaveLength(1);
  });

  test("writes the ending of a call down that the shutdown cut short", async () => {
    const redis = await startRedis();
    const { upstream } = await startGatedUpstream();
    const settings = { CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url, SHUTDOWN_GRACE_MS: "50" };
    const { child, url, exit } = await startProcess(settings);
    const call = create(url, keyed, token).catch((error: Error) => error.message);
    await eventually(() => upstream.received[0]);

    child.kill("SIGINT");

    expect(await exit).toBe(0);
    expect(await call).toMatchObject({
      body: { errors: [{ extensions: { code: "UPSTREAM_ERROR", outcome: "UNKNOWN" } }] },
    });
    const [key] = await recordsOf(redis);
    expect(await redis.command("GET", String(key))).toMatch(/^unknown \S+ \S+ UNKNOWN$/);
  });

  test("signs in with a password and uses the database that the URL names", async () => {
    const port = await findFreePort();
    await startRedis(port, "--requirepass", "canary-password");
    const upstream = await startUpstream();
    const at = (credentials: string) =>
      startService({ CONTACTSWING_URL: upstream.url, REDIS_URL: `redis://${credentials}127.0.0.1:${port}/3` });

    const refused = await at(":wrong@");
    const { url, logLines } = await at(":canary-password@");
    await create(url, keyed);

    expect(payloadOf(await create(url, keyed)).replayed).toBe(true);
    expect(codeOf(await create(refused.url, keyed))).toBe("IDEMPOTENCY_UNAVAILABLE");
    expect(JSON.parse(stateLines(refused.logLines)[0] ?? "")["error.code"]).toBe("WRONGPASS");
    expect([...logLines, ...refused.logLines].join("")).not.toContain("canary-password");
  });
});

describeWith(["redis-server", "openssl"], "Redis behind TLS", () => {
  test("is used with a rediss URL, and only to a certificate that it trusts", async () => {
    const folder = mkdtempSync(join(tmpdir(), "contactswing-bff-redis-"));
    onTestEnd(async () => rmSync(folder, { recursive: true }));
    const [key, certificate] = [join(folder, "key.pem"), join(folder, "certificate.pem")];
    const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const kind = ["req", "-x509", "-nodes", "-days", "1", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"];
    const made = spawnSync("openssl", [...kind, ...subject, "-keyout", key, "-out", certificate]);
    expect(made.status).toBe(0);
    const tlsPort = await findFreePort();
    const tls = ["--tls-port", String(tlsPort), "--tls-cert-file", certificate, "--tls-key-file", key];
    await startRedis(undefined, ...tls, "--tls-auth-clients", "no");
    const upstream = await startUpstream();
    const settings = { CONTACTSWING_URL: upstream.url, REDIS_URL: `rediss://localhost:${tlsPort}` };

    const trusting = await startProcess({ ...settings, NODE_EXTRA_CA_CERTS: certificate });
    const doubting = await startProcess(settings);
    await create(trusting.url, keyed, token);

    expect(payloadOf(await create(trusting.url, keyed, token)).replayed).toBe(true);
    expect(codeOf(await create(doubting.url, keyed, token))).toBe("IDEMPOTENCY_UNAVAILABLE");
  });
});
