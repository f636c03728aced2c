import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "@jest/globals";
import { StoreUnavailable } from "../src/idempotency/idempotency-store.ts";
import { createRedisConnection, type Evaluate } from "../src/idempotency/redis-connection.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import { findFreePort } from "./helpers/free-port.ts";
import { eventually } from "./helpers/process.ts";
import { describeWithRedis, startRedis } from "./helpers/redis.ts";

const echoScript = "return {KEYS[1], ARGV[1], ARGV[2]}";
const noRecovery = async () => undefined;

/** A connection that is not started yet, and every change that it tells of, as `up` or `down` with the code. */
function connect(url: string) {
  const changes: string[] = [];
  const connection = createRedisConnection({
    url,
    probeKey: "probe",
    onChange: (isAvailable, code) => changes.push(isAvailable ? `up ${code}` : `down ${code}`),
  });
  onTestEnd(() => connection.stop());
  return { connection, changes };
}

describeWithRedis("a connection to Redis", () => {
  test("runs a script with its key and words, and tells of nothing while all is well", async () => {
    const redis = await startRedis();
    const { connection, changes } = connect(redis.url);
    expect(connection.isAvailable).toBe(false);
    await expect(connection.evaluate(echoScript, "k", [])).rejects.toThrow(StoreUnavailable);

    await connection.start(noRecovery);

    expect(connection.isAvailable).toBe(true);
    expect(await connection.evaluate(echoScript, "k", ["a", "b"])).toEqual(["k", "a", "b"]);
    expect(await redis.command("GET", "probe")).toBe("1");
    expect(changes).toEqual([]);
  });

  test("is over for good when it is stopped, without a word", async () => {
    const redis = await startRedis();
    const { connection, changes } = connect(redis.url);
    await connection.start(noRecovery);

    await connection.stop();

    expect(connection.isAvailable).toBe(false);
    await expect(connection.evaluate(echoScript, "k", [])).rejects.toThrow(StoreUnavailable);
    expect(changes).toEqual([]);
    expect(await redis.command("CLIENT", "LIST")).not.toMatch(/\n.+\n/);
  });

  test("starts without Redis, says so once, and recovers before it is of use", async () => {
    const port = await findFreePort();
    const { connection, changes } = connect(`redis://127.0.0.1:${port}`);
    const seen: unknown[] = [];
    const recover = async (evaluate: Evaluate) => {
      seen.push(connection.isAvailable, await evaluate(echoScript, "k", ["a", "b"]));
    };

    await connection.start(recover);
    expect(connection.isAvailable).toBe(false);
    expect(changes).toEqual(["down ECONNREFUSED"]);
    await startRedis(port);
    await eventually(() => connection.isAvailable);

    expect(seen).toEqual([false, ["k", "a", "b"]]);
    expect(changes).toEqual(["down ECONNREFUSED", "up undefined"]);
  });

  test("is tried again when the recovery fails", async () => {
    const redis = await startRedis();
    const { connection, changes } = connect(redis.url);
    let tries = 0;

    await connection.start(async () => {
      tries += 1;
      if (tries === 1) throw new StoreUnavailable();
    });
    await eventually(() => connection.isAvailable);

    expect(tries).toBe(2);
    expect(changes).toEqual(["down undefined", "up undefined"]);
  });

  test("finds out by itself that Redis is gone, and that it is back", async () => {
    const redis = await startRedis();
    const { connection, changes } = connect(redis.url);
    await connection.start(noRecovery);

    await redis.stop();
    await eventually(() => changes[0]);
    expect(connection.isAvailable).toBe(false);
    await startRedis(redis.port);
    await eventually(() => connection.isAvailable);

    expect(changes).toEqual([expect.stringMatching(/^down /), "up undefined"]);
    expect(await connection.evaluate(echoScript, "k", ["a", "b"])).toEqual(["k", "a", "b"]);
  });

  test("is replaced by another one after an answer that is an error", async () => {
    const redis = await startRedis();
    const { connection, changes } = connect(redis.url);
    await connection.start(noRecovery);

    await expect(connection.evaluate("return redis.error_reply('CANARY text')", "k", [])).rejects.toThrow(
      StoreUnavailable,
    );
    expect(connection.isAvailable).toBe(false);
    await eventually(() => connection.isAvailable);

    expect(changes).toEqual(["down CANARY", "up undefined"]);
  });

  test("is replaced by another one when an answer takes longer than half a second", async () => {
    const redis = await startRedis();
    const { connection, changes } = connect(redis.url);
    await connection.start(noRecovery);

    redis.signal("SIGSTOP");
    const startedAt = performance.now();
    await expect(connection.evaluate(echoScript, "k", [])).rejects.toThrow(StoreUnavailable);
    const waitedMs = performance.now() - startedAt;
    redis.signal("SIGCONT");
    await eventually(() => connection.isAvailable);

    expect(waitedMs).toBeGreaterThan(490);
    expect(changes).toEqual(["down TIMEOUT", "up undefined"]);
  });

  test("is of no use to a Redis that takes no writes, and finds out within about a second", async () => {
    const redis = await startRedis();
    const { connection, changes } = connect(redis.url);
    await connection.start(noRecovery);

    await redis.command("CONFIG", "SET", "maxmemory", "1");
    await eventually(() => changes[0]);
    const other = connect(redis.url);
    await other.connection.start(noRecovery);

    expect(connection.isAvailable).toBe(false);
    expect(other.connection.isAvailable).toBe(false);
    expect([...changes, ...other.changes]).toEqual(["down OOM", "down OOM"]);
  });

  test("says by the first word of Redis' error why it is refused, and no more", async () => {
    const port = await findFreePort();
    await startRedis(port, "--requirepass", "canary");
    const { connection, changes } = connect(`redis://:wrong@127.0.0.1:${port}`);

    await connection.start(noRecovery);

    expect(changes).toEqual(["down WRONGPASS"]);
  });
});

/** The URL of a server on loopback that does this with what it is sent. */
async function serve(answer: (sent: string, socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on("data", (chunk) => answer(String(chunk), socket)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestEnd(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("gives up on an address that takes connections and never answers", async () => {
  const { connection, changes } = connect(await serve(() => undefined));

  await connection.start(noRecovery);

  expect(connection.isAvailable).toBe(false);
  expect(changes).toEqual(["down TIMEOUT"]);
});

test("repeats no word of an error that does not begin with its code", async () => {
  const url = await serve((sent, socket) => {
    for (const _command of sent.match(/^\*/gm) ?? []) socket.write("-refused for CANARY of someone\r\n");
  });
  const { connection, changes } = connect(url);

  await connection.start(noRecovery);

  expect(changes).toEqual(["down undefined"]);
});
