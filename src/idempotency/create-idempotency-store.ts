import type { Config } from "../config.ts";
import type { IdempotencyStore } from "./idempotency-store.ts";
import { createMemoryStore, maxMemoryStoreBytes } from "./memory-store.ts";
import { createRedisConnection, type RedisConnectionSettings } from "./redis-connection.ts";
import { createRedisStore, defaultLeaseMs, keyPrefix } from "./redis-store.ts";

/** The store that the settings ask for: Redis if there is a URL for it, else the process's own memory. */
export function createIdempotencyStore(
  { redisUrl, idempotencyTtlSeconds, upstreamConnectTimeoutMs, upstreamTimeoutMs }: Config,
  onAvailabilityChange: RedisConnectionSettings["onAvailabilityChange"],
): IdempotencyStore {
  const ttlMs = idempotencyTtlSeconds * 1000;
  if (redisUrl === undefined) return createMemoryStore({ ttlMs, maxBytes: maxMemoryStoreBytes });
  return createRedisStore({
    connection: createRedisConnection({ url: redisUrl, probeKey: `${keyPrefix}probe`, onAvailabilityChange }),
    ttlMs,
    maxRequestMs: upstreamConnectTimeoutMs + upstreamTimeoutMs,
    leaseMs: defaultLeaseMs,
  });
}
