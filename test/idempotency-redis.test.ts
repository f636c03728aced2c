import { connect, createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { createCertificate } from "./helpers/certificate.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import { findFreePort } from "./helpers/free-port.ts";
import { create, fullInput, onlyError } from "./helpers/graphql.ts";
import { joinToken } from "./helpers/issuer.ts";
import { keyed, payloadOf, resultOf, startHeldUpstream } from "./helpers/keyed-requests.ts";
import { listen } from "./helpers/listen.ts";
import { eventually, startProcess } from "./helpers/process.ts";
import { describeWith, describeWithRedis, type RedisServer, startRedis } from "./helpers/redis.ts";
import { startService } from "./helpers/service.ts";
import { createdResponse, startUpstream } from "./helpers/upstream.ts";

const token = { authorization: "Bearer canary-token" };

const recordsOf = async (redis: RedisServer) => {
  const keys = (await redis.command("KEYS", "contactswing-bff:idempotency:*")) as string[];
  return keys.filter((key) => !key.endsWith(":probe"));
};
/** Waits until readiness, which is 200 with and without the store, says whether there is one. */
const becomes = (state: "ready" | "degraded", url: string) =>
  eventually(async () => {
    const response = await fetch(`${url}/health/ready`);
    expect(response.status).toBe(200);
    return ((await response.json()) as { status: string }).status === state;
  });
const availabilityOf = (logLines: readonly string[]) =>
  logLines
    .map((line) => JSON.parse(line))
    .filter(({ message }) => message.startsWith("idempotency store"))
    .map((line) => `${line["log.level"]} ${line["error.code"]}`);

/** An address whose connections go to another one, which can change for new connections while old ones stay open. */
async function startRelay(port: number) {
  let target = port;
  const server = createServer((socket) => {
    const onward = connect(target, "127.0.0.1");
    for (const end of [socket, onward]) end.on("error", () => undefined);
    socket.pipe(onward).pipe(socket);
    onTestEnd(async () => {
      socket.destroy();
      onward.destroy();
    });
  });
  const { port: ownPort } = await listen(server);
  return {
    url: `redis://127.0.0.1:${ownPort}`,
    moveTo: (next: number) => {
      target = next;
    },
  };
}

describeWithRedis("on Redis, the service", () => {
  async function start(respond?: Parameters<typeof startUpstream>[0]) {
    const redis = await startRedis();
    const upstream = await startUpstream(respond);
    const service = await startService({ CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url });
    return { redis, upstream, ...service };
  }

  async function startHeld() {
    const redis = await startRedis();
    const held = await startHeldUpstream();
    return { redis, ...held, settings: { CONTACTSWING_URL: held.upstream.url, REDIS_URL: redis.url } };
  }

  test("leaves an unknown outcome when a process is killed; one that outlives its lease still stores its response", async () => {
    const { redis, upstream, release, settings } = await startHeld();
    const [killed, stopped, other] = await Promise.all([
      startProcess(settings),
      startProcess(settings),
      startProcess(settings),
    ]);
    const keyedAgain = { ...keyed, idempotencyKey: "key-2" };
    const lost = create(killed.url, keyed, token).catch(() => "no response");
    const slow = create(stopped.url, keyedAgain, token);
    await eventually(() => upstream.received.length === 2);

    killed.child.kill("SIGKILL");
    stopped.child.kill("SIGSTOP");
    const waiting = await Promise.all([keyed, keyedAgain].map((input) => create(other.url, input, token)));
    release();
    stopped.child.kill("SIGCONT");

    const unknown = { code: "OUTCOME_UNKNOWN", outcome: "UNKNOWN", retryable: false };
    for (const response of waiting) expect(onlyError(response).extensions).toMatchObject(unknown);
    expect([await lost, resultOf(await slow)]).toEqual(["no response", false]);
    const later = [keyed, keyedAgain, { ...keyed, name: "Other" }].map((input) => create(other.url, input, token));
    expect((await Promise.all(later)).map(resultOf)).toEqual(["OUTCOME_UNKNOWN", true, "IDEMPOTENCY_KEY_REUSED"]);
    expect(upstream.received).toHaveLength(2);
    for (const record of await recordsOf(redis)) {
      expect(await redis.command("PTTL", record)).toBeGreaterThan(86_000_000);
    }
  });

  test("tells a restarted Redis, which has lost everything, what ended meanwhile and what is in flight", async () => {
    const redis = await startRedis();
    const gates = { early: Promise.withResolvers<void>(), late: Promise.withResolvers<void>() };
    const upstream = await startUpstream(async ({ body }) => {
      const { name } = JSON.parse(body);
      if (name === "early" || name === "late") await gates[name as keyof typeof gates].promise;
      return createdResponse;
    });
    const settings = { CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url };
    const [first, second] = [await startService(settings), await startService(settings)];
    const createOn = ({ url }: { url: string }, name: string) =>
      create(url, { name, webhook: {}, idempotencyKey: name });
    const [early, late] = [createOn(first, "early"), createOn(first, "late")];
    await eventually(() => upstream.received.length === 2);

    await redis.stop();
    await becomes("degraded", first.url);
    const rejected = await createOn(first, "rejected");
    const keyless = await create(first.url, { name: "keyless", webhook: {} });
    gates.early.resolve();
    expect(resultOf(await early)).toBe(false);
    await startRedis(redis.port);
    await Promise.all([first, second].map(({ url }) => becomes("ready", url)));
    expect(await recordsOf(redis)).toHaveLength(2);
    const waiting = createOn(second, "late");
    gates.late.resolve();

    const unavailable = { code: "IDEMPOTENCY_UNAVAILABLE", outcome: "NOT_CREATED", retryable: true };
    expect(onlyError(rejected).extensions).toMatchObject(unavailable);
    expect(resultOf(keyless)).toBe(false);
    expect([await late, await waiting].map(resultOf)).toEqual([false, true]);
    for (const replica of [first, second]) expect(resultOf(await createOn(replica, "early"))).toBe(true);
    expect(upstream.received).toHaveLength(3);
    expect(resultOf(await createOn(first, "rejected"))).toBe(false);
    // A probe may have been refused in between.
    const changes = availabilityOf(first.logLines).filter((change) => change !== "warn ECONNREFUSED");
    expect(changes).toEqual(["warn ECONNRESET", "warn undefined"]);
    expect(first.logLines.join("")).not.toContain(String(redis.port));
  });

  test("sends nothing while Redis does not reply, and the key is free afterwards", async () => {
    const { redis, upstream, url, logLines } = await start();

    redis.signal("SIGSTOP");
    const rejected = await create(url, keyed);
    redis.signal("SIGCONT");
    await becomes("ready", url);

    expect(resultOf(rejected)).toBe("IDEMPOTENCY_UNAVAILABLE");
    expect(upstream.received).toEqual([]);
    expect(resultOf(await create(url, keyed))).toBe(false);
    expect(availabilityOf(logLines)).toEqual(["warn TIMEOUT", "warn undefined"]);
  });

  test("stores no token, key, or input in Redis, and less than 700 bytes per key", async () => {
    // ContactSwing changes the name that it was sent.
    const changed = { action_id: "act-1", name: "changed", type: "SINGLEDATAEXTRACTION" };
    const { redis, url } = await start(() => ({ status: 201, body: { ctx_id: "ctx-1", data: changed } }));
    const webhook = { ...fullInput.webhook, syncModule: "canary" };
    const input = { ...fullInput, webhook, name: "canary action", idempotencyKey: "canary-key" };

    await create(url, input, token);

    const [key, ...others] = await recordsOf(redis);
    expect(others).toEqual([]);
    const record = String(await redis.command("GET", String(key)));
    const stored = Buffer.from(record.split(".").at(-1) ?? "", "base64url").toString();
    expect(JSON.parse(stored)).toEqual({ result: { id: "act-1", name: "changed" }, status: 201, ctxId: "ctx-1" });
    expect(`${key} ${record} ${stored}`).not.toMatch(/canary|customer/i);
    expect(await redis.command("MEMORY", "USAGE", String(key))).toBeLessThan(700);
    expect(payloadOf(await create(url, input, token)).action.name).toBe("changed");
  });

  test("stores the outcome of a create request that the shutdown cut short", async () => {
    const { redis, arrival, settings } = await startHeld();
    const { child, url, exit } = await startProcess({ ...settings, SHUTDOWN_GRACE_MS: "50" });
    const request = create(url, keyed, token);
    await arrival();

    child.kill("SIGINT");

    expect(onlyError(await request).extensions).toMatchObject({ code: "UPSTREAM_ERROR", outcome: "UNKNOWN" });
    expect(await exit).toBe(0);
    const [key] = await recordsOf(redis);
    expect(await redis.command("GET", String(key))).toMatch(/^unknown \S+ \S+ unclear$/);
  });

  test.each([
    ["READONLY", (old: RedisServer, next: RedisServer) => old.command("REPLICAOF", "127.0.0.1", String(next.port))],
    ["NOREPLICAS", (old: RedisServer) => old.command("CONFIG", "SET", "min-replicas-to-write", "1")],
  ])("connects again to a name that has moved while the old primary answers %s", async (error, demote) => {
    const [old, next] = [await startRedis(), await startRedis()];
    const relay = await startRelay(old.port);
    const upstream = await startUpstream();
    const { url, lines } = await startProcess({ CONTACTSWING_URL: upstream.url, REDIS_URL: relay.url });
    expect(resultOf(await create(url, keyed, token))).toBe(false);

    relay.moveTo(next.port);
    await demote(old, next);
    await becomes("degraded", url);
    const startedAt = performance.now();
    await becomes("ready", url);

    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(resultOf(await create(url, { ...keyed, idempotencyKey: "key-2" }, token))).toBe(false);
    expect(await recordsOf(next)).toHaveLength(1);
    const changes = lines().filter(({ message }) => message.startsWith("idempotency store"));
    expect(changes.map((line) => line["error.code"])).toEqual([error, undefined]);
  });

  test("logs every new cause of an outage", async () => {
    const redis = await startRedis();
    const upstream = await startUpstream();
    const { url, logLines } = await startService({ CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url });
    await create(url, keyed, token);

    await redis.stop();
    await eventually(() => availabilityOf(logLines).includes("warn ECONNREFUSED"));
    await startRedis(redis.port, "--requirepass", "canary-password");
    await eventually(() => availabilityOf(logLines).includes("warn NOAUTH"));

    expect(availabilityOf(logLines)).toEqual(["warn ECONNRESET", "warn ECONNREFUSED", "warn NOAUTH"]);
  });

  test("creates one action although the token is refreshed and another process gets the second request", async () => {
    const redis = await startRedis();
    const upstream = await startUpstream(({ method }) =>
      method === "POST"
        ? createdResponse
        : { status: 200, body: { data: { name: "N", type: "SINGLEDATAEXTRACTION" } } },
    );
    const settings = { CONTACTSWING_URL: upstream.url, REDIS_URL: redis.url };
    const [one, other] = await Promise.all([startProcess(settings), startProcess(settings)]);
    const tokenWith = (sub: string, exp: number) => ({
      authorization: `Bearer ${joinToken({ alg: "RS256" }, { iss: "i", sub, exp }, "signature")}`,
    });

    const results = [
      await create(one.url, keyed, tokenWith("user-1", 1)),
      await create(other.url, keyed, tokenWith("user-1", 2)),
      await create(other.url, keyed, tokenWith("user-2", 2)),
    ];

    expect(results.map(resultOf)).toEqual([false, true, false]);
    expect(upstream.received.map(({ method }) => method)).toEqual(["POST", "GET", "POST"]);
  });

  test("uses the password and the database of the URL, and logs neither", async () => {
    const port = await findFreePort();
    await startRedis(port, "--requirepass", "canary-password");
    const upstream = await startUpstream();
    const startWith = (password: string) =>
      startService({ CONTACTSWING_URL: upstream.url, REDIS_URL: `redis://:${password}@127.0.0.1:${port}/3` });

    const rejected = await startWith("wrong");
    const { url, logLines } = await startWith("canary-password");

    expect([await create(url, keyed), await create(url, keyed)].map(resultOf)).toEqual([false, true]);
    expect(resultOf(await create(rejected.url, keyed))).toBe("IDEMPOTENCY_UNAVAILABLE");
    expect(availabilityOf(rejected.logLines)).toEqual(["warn WRONGPASS"]);
    expect([...logLines, ...rejected.logLines].join("")).not.toContain("canary-password");
  });
});

describeWith(["redis-server", "openssl"], "Redis behind TLS", () => {
  test("is used only with a certificate that the process trusts", async () => {
    const { keyFile, file } = createCertificate(1);
    const tlsPort = await findFreePort();
    const tls = ["--tls-port", String(tlsPort), "--tls-cert-file", file, "--tls-key-file", keyFile];
    await startRedis(undefined, ...tls, "--tls-auth-clients", "no");
    const upstream = await startUpstream();
    const settings = { CONTACTSWING_URL: upstream.url, REDIS_URL: `rediss://localhost:${tlsPort}` };

    const [trusting, other] = await Promise.all([
      startProcess({ ...settings, NODE_EXTRA_CA_CERTS: file }),
      startProcess(settings),
    ]);

    expect(resultOf(await create(trusting.url, keyed, token))).toBe(false);
    expect(resultOf(await create(other.url, keyed, token))).toBe("IDEMPOTENCY_UNAVAILABLE");
  });
});
