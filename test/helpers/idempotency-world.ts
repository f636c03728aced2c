import { BearerToken } from "../../src/auth/bearer-token.ts";
import { createCaller } from "../../src/auth/caller.ts";
import { deriveClaim } from "../../src/idempotency/claim.ts";
import { createIdempotencyGuard, type IdempotencyGuard } from "../../src/idempotency/idempotency-guard.ts";
import type { IdempotencyStore } from "../../src/idempotency/idempotency-store.ts";
import { createMemoryStore, maxMemoryStoreBytes } from "../../src/idempotency/memory-store.ts";
import { createRedisConnection } from "../../src/idempotency/redis-connection.ts";
import { createRedisStore, keyPrefix } from "../../src/idempotency/redis-store.ts";
import type { RedisServer } from "./redis.ts";

/** Replicas of the guard on top of one store; the test decides about time and crashes. */
export interface World {
  readonly replicas: IdempotencyGuard[];
  /** Whether other replicas know what a crashed one was doing. */
  readonly outlivesCrashes: boolean;
  /** Lets time pass until every key has expired whose request has ended. */
  expire(): Promise<void>;
  /** Ends a replica at once and replaces it; `inFlight` are the keys that it was creating for. */
  crash(replica: number, inFlight: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}

export const caller = createCaller(BearerToken.parse("Bearer t") as BearerToken, undefined);

const waitMs = 20_000;

function createMortalGuard(store: IdempotencyStore) {
  let isCrashed = false;
  const mortal: IdempotencyStore = {
    ...store,
    claim: async (claim, wasInFlight) => {
      if (isCrashed) throw new Error("crashed");
      return store.claim(claim, wasInFlight);
    },
  };
  const crash = () => {
    isCrashed = true;
  };
  return { guard: createIdempotencyGuard({ store: mortal, waitMs }), crash };
}

export async function createMemoryWorld(): Promise<World> {
  let time = 1;
  const settings = { ttlMs: 1000, maxBytes: maxMemoryStoreBytes, clock: { now: () => time } };
  const start = () => createMortalGuard(createMemoryStore(settings));
  let current = start();
  const replicas = [current.guard];
  return {
    replicas,
    outlivesCrashes: false,
    async expire() {
      time += 1001;
    },
    async crash() {
      current.crash();
      current = start();
      replicas[0] = current.guard;
    },
    async stop() {
      current.crash();
    },
  };
}

// Redis has its own clock: the effect of time on a record is written into the record instead.
const endLeaseScript = `
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
  const start = async () => {
    const connection = createRedisConnection({ url: redis.url, probeKey: "probe", onAvailabilityChange: () => {} });
    const store = createRedisStore({ connection, ttlMs: 600_000, maxRequestMs: 60_000, leaseMs: 60_000 });
    await store.start();
    const { guard, crash } = createMortalGuard(store);
    return {
      guard,
      crash: async () => {
        crash();
        // Without a connection the store cannot write any more.
        await connection.stop();
        await store.stop(0);
      },
    };
  };
  const current = [await start(), await start()];
  const replicas = current.map(({ guard }) => guard);
  return {
    replicas,
    outlivesCrashes: true,
    async expire() {
      await redis.command("EVAL", expireScript, "1", keyPrefix);
    },
    async crash(replica, inFlight) {
      await current[replica]?.crash();
      for (const key of inFlight) {
        await redis.command("EVAL", endLeaseScript, "1", keyPrefix + deriveClaim(caller, key, {}).key);
      }
      current[replica] = await start();
      replicas[replica] = current[replica].guard;
    },
    async stop() {
      await Promise.all(current.map(({ crash }) => crash()));
    },
  };
}
