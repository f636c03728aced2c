import { limits } from "../limits.ts";
import type { IdempotencyStore } from "./idempotency-store.ts";
import { createMemoryStore } from "./memory-store.ts";
import { createRedisConnection, type RedisConnectionSettings } from "./redis-connection.ts";
import { createRedisStore, defaultLeaseMs, keyPrefix } from "./redis-store.ts";

export interface IdempotencyStoreSettings
  extends Pick<RedisConnectionSettings, "onAvailabilityChange" | "observeCommand"> {
  /** Of Redis; without it, keys are kept in this process. */
  readonly redisUrl: string | undefined;
  readonly ttlMs: number;
  /** How long a write can take, at most. */
  readonly maxWriteMs: number;
}

export function createIdempotencyStore(settings: IdempotencyStoreSettings): IdempotencyStore {
  const { redisUrl, ttlMs, maxWriteMs, onAvailabilityChange, observeCommand } = settings;
  if (redisUrl === undefined) return createMemoryStore({ ttlMs, maxBytes: limits.idempotency.memoryStoreBytes });
  const probeKey = `${keyPrefix}probe`;
  return createRedisStore({
    connection: createRedisConnection({ url: redisUrl, probeKey, onAvailabilityChange, observeCommand }),
    ttlMs,
    maxWriteMs,
    leaseMs: defaultLeaseMs,
  });
}
