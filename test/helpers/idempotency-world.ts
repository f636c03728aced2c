import { BearerToken } from "../../src/auth/bearer-token.ts";
import { deriveClaim } from "../../src/idempotency/derive-claim.ts";
import { createIdempotencyGuard, type IdempotencyGuard } from "../../src/idempotency/idempotency-guard.ts";
import type { IdempotencyStore } from "../../src/idempotency/idempotency-store.ts";
import { createMemoryStore } from "../../src/idempotency/memory-store.ts";
import { createRedisConnection } from "../../src/idempotency/redis-connection.ts";
import { createRedisStore, keyPrefix } from "../../src/idempotency/redis-store.ts";
import type { RedisServer } from "./redis.ts";

/** Replicas of the guard on top of one store, whose time and whose crashes the test decides on. */
export interface World {
  readonly replicas: IdempotencyGuard[];
  /** Whether another replica can know what a crashed one was doing. */
  readonly outlivesCrashes: boolean;
  /** Lets time pass until every key is over whose call has ended. */
  expire(): Promise<void>;
  /** Ends a replica without a word and puts a new one in its place; `underWay` are the keys that it was creating for. */
  crash(replica: number, underWay: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

const token = BearerToken.parse("Bearer t");
if (token === undefined) throw new Error("not a token");
export const caller = { token, requestId: "r", traceparent: undefined };

const waitMs = 20_000;

function createGuard(store: IdempotencyStore) {
  let isCrashed = false;
  const mortal: IdempotencyStore = {
    ...store,
    claim: async (claim, isKnownTaken) => {
      if (isCrashed) throw new Error("crashed");
      return store.claim(claim, isKnownTaken);
    },
  };
  const crash = () => {
    isCrashed = true;
  };
  return { guard: createIdempotencyGuard({ store: mortal, waitMs }), crash };
}

export async function createMemoryWorld(): Promise<World> {
  let time = 0;
  const make = () => createGuard(createMemoryStore({ ttlMs: 1000, maxKeys: 100, now: () => time }));
  let current = make();
  const replicas = [current.guard];
  return {
    replicas,
    outlivesCrashes: false,
    async expire() {
      time += 1000;
    },
    async crash() {
      current.crash();
      current = make();
      replicas[0] = current.guard;
    },
    async stop() {
      current.crash();
    },
  };
}

// Redis has its own clock: what time does to a record is written into it instead.
const lapseScript = `
local record = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], (string.gsub(record, '%S+$', '0')), 'KEEPTTL')
return 1
`;
const expireScript = `
for _, key in ipairs(redis.call('KEYS', KEYS[1] .. '*')) do
  local state, lease = string.match(redis.call('GET', key), '^(%S+) %S+ %S+ (%S+)$')
  if state ~= 'started' or lease == '0' then redis.call('DEL', key) end
end
return 1
`;

export async function createRedisWorld(redis: RedisServer): Promise<World> {
  await redis.command("FLUSHALL");
  const make = async () => {
    const connection = createRedisConnection({ url: redis.url, probeKey: "probe", onChange: () => {} });
    const store = createRedisStore({ connection, ttlMs: 600_000, longestCallMs: 60_000, leaseMs: 60_000 });
    await store.start();
    const { guard, crash } = createGuard(store);
    return {
      guard,
      crash: async () => {
        crash();
        // Without a connection the store has no way to say goodbye.
        await connection.stop();
        await store.stop();
      },
    };
  };
  const current = [await make(), await make()];
  const replicas = current.map(({ guard }) => guard);
  return {
    replicas,
    outlivesCrashes: true,
    async expire() {
      await redis.command("EVAL", expireScript, "1", keyPrefix);
    },
    async crash(replica, underWay) {
      await current[replica]?.crash();
      for (const key of underWay) {
        await redis.command("EVAL", lapseScript, "1", keyPrefix + deriveClaim(caller, key, {}).key);
      }
      current[replica] = await make();
      replicas[replica] = current[replica].guard;
    },
    async stop() {
      await Promise.all(current.map(({ crash }) => crash()));
    },
  };
}
