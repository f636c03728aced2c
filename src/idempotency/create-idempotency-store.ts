import type { Config } from "../config.ts";
import type { IdempotencyStore } from "./idempotency-store.ts";
import { createMemoryStore, maxRememberedKeys } from "./memory-store.ts";
import { createRedisConnection, type RedisConnectionSettings } from "./redis-connection.ts";
import { createRedisStore, defaultLeaseMs, keyPrefix } from "./redis-store.ts";

/** The store that the settings ask for: Redis when there is a URL for it, else one in the process. */
export function createIdempotencyStore(
  { redisUrl, idempotencyTtlSeconds, upstreamConnectTimeoutMs, upstreamTimeoutMs }: Config,
  onChange: RedisConnectionSettings["onChange"],
): IdempotencyStore {
  const ttlMs = idempotencyTtlSeconds * 1000;
  if (redisUrl === undefined) {
    return createMemoryStore({ ttlMs, maxKeys: maxRememberedKeys, now: () => performance.now() });
  }
  return createRedisStore({
    connection: createRedisConnection({ url: redisUrl, probeKey: `${keyPrefix}probe`, onChange }),
    ttlMs,
    longestCallMs: upstreamConnectTimeoutMs + upstreamTimeoutMs,
    leaseMs: defaultLeaseMs,
  });
}
