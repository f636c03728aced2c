import { expect, test } from "@jest/globals";
import { StoreUnavailable } from "../src/idempotency/idempotency-store.ts";
import { createRedisConnection, type Evaluate, type Script } from "../src/idempotency/redis-connection.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import { findFreePort } from "./helpers/free-port.ts";
import { eventually } from "./helpers/process.ts";
import { startRawUpstream } from "./helpers/raw-upstream.ts";
import { describeWithRedis, startRedis } from "./helpers/redis.ts";

// That Redis ends, or does not reply any more, is in idempotency-redis.test.ts.

const toScript = (text: string): Script => ({ command: "claim", text });
const echoScript = toScript("return {KEYS[1], ARGV[1], ARGV[2]}");
const noRecovery = async () => undefined;

/** A connection that is not started yet, and the changes that it reports: `up`, or `down` with the code. */
function connect(url: string) {
  const changes: string[] = [];
  const connection = createRedisConnection({
    url,
    probeKey: "probe",
    observeCommand: () => () => undefined,
    onAvailabilityChange: (change) => changes.push(change.isAvailable ? "up" : `down ${change.cause}`),
  });
  onTestEnd(() => connection.stop());
  return { connection, changes, evaluate: (script = echoScript) => connection.evaluate(script, "k", ["a", "b"]) };
}

describeWithRedis("a connection to Redis", () => {
  async function start() {
    const redis = await startRedis();
    const connected = connect(redis.url);
    await connected.connection.start(noRecovery);
    return { redis, ...connected };
  }

  test("evaluates scripts between start and stop, and reports nothing while all is well", async () => {
    const redis = await startRedis();
    const { connection, changes, evaluate } = connect(redis.url);
    await expect(evaluate()).rejects.toThrow(StoreUnavailable);

    await connection.start(noRecovery);
    expect(connection.isAvailable).toBe(true);
    expect(await evaluate()).toEqual(["k", "a", "b"]);
    await connection.stop();

    expect(connection.isAvailable).toBe(false);
    await expect(evaluate()).rejects.toThrow(StoreUnavailable);
    expect(changes).toEqual([]);
    expect(await redis.command("CLIENT", "LIST")).not.toMatch(/\n.+\n/);
  });

  test("starts without Redis, and recovers before it becomes available", async () => {
    const port = await findFreePort();
    const { connection, changes } = connect(`redis://127.0.0.1:${port}`);
    const seen: unknown[] = [];
    const recover = async (evaluate: Evaluate) => {
      seen.push(connection.isAvailable, await evaluate(echoScript, "k", ["a", "b"]));
      // The first recovery fails: the next connection tries again.
      if (seen.length === 2) throw new StoreUnavailable();
    };

    await connection.start(recover);
    expect(changes).toEqual(["down ECONNREFUSED"]);
    await startRedis(port);
    await eventually(() => connection.isAvailable);

    expect(seen).toEqual([false, ["k", "a", "b"], false, ["k", "a", "b"]]);
    expect(changes).toEqual(["down ECONNREFUSED", "up"]);
  });

  test("notices by itself that Redis rejects writes, and that it accepts them again", async () => {
    const { redis, connection, changes, evaluate } = await start();

    await redis.command("CONFIG", "SET", "maxmemory", "1");
    await eventually(() => changes[0]);
    expect(connection.isAvailable).toBe(false);
    await redis.command("CONFIG", "SET", "maxmemory", "0");
    await eventually(() => connection.isAvailable);

    expect(changes).toEqual(["down OOM", "up"]);
    expect(await evaluate()).toEqual(["k", "a", "b"]);
  });

  test("is unavailable after a reply that is an error, until a probe succeeds", async () => {
    const { connection, changes, evaluate } = await start();

    await expect(evaluate(toScript("return redis.error_reply('CANARY text')"))).rejects.toThrow(StoreUnavailable);
    expect(connection.isAvailable).toBe(false);
    await eventually(() => connection.isAvailable);

    expect(changes).toEqual(["down CANARY", "up"]);
  });
});

/** A server that sends this reply to each command on a connection, or nothing. */
async function startReplying(replyOf: (connection: number) => string): Promise<string> {
  const { port } = await startRawUpstream({
    onConnection: (socket, index) =>
      socket.on("data", (sent) => socket.write(replyOf(index).repeat(String(sent).match(/^\*/gm)?.length ?? 0))),
  });
  return `redis://127.0.0.1:${port}`;
}

test("a connection that goes silent is replaced", async () => {
  let isSilent = false;
  const { connection, changes } = connect(await startReplying((index) => (isSilent && index === 0 ? "" : "+OK\r\n")));
  await connection.start(noRecovery);

  isSilent = true;
  await eventually(() => changes.at(-1) === "up");

  expect(changes).toEqual(["down TIMEOUT", "up"]);
});

test("is unavailable if a server replies with an error without a code, of which nothing is repeated", async () => {
  const { connection, changes } = connect(await startReplying(() => "-refused for CANARY of someone\r\n"));

  await connection.start(noRecovery);

  expect(connection.isAvailable).toBe(false);
  expect(changes).toEqual(["down undefined"]);
});
