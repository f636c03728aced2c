import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Ending, type IdempotencyStore, type Standing, StoreUnavailable } from "./idempotency-store.ts";
import type { Evaluate, RedisConnection } from "./redis-connection.ts";
import { claimScript, writeScript } from "./redis-scripts.ts";

export interface RedisStoreSettings {
  readonly connection: RedisConnection;
  readonly ttlMs: number;
  /** How long a create request can take, at most. */
  readonly maxRequestMs: number;
  /** The lease of a create request in flight is renewed three times within this time; an expired one is abandoned. */
  readonly leaseMs: number;
}

/** After a `kill -9` of its process, a create request is known to be abandoned within this time. */
export const defaultLeaseMs = 3000;
export const keyPrefix = "contactswing-bff:idempotency:";

// A released key says so for a while, because to a waiting request a missing record is a lost one.
const keepFreeMs = 10_000;

interface LocalAttempt {
  readonly key: string;
  readonly fingerprint: string;
  readonly ending: Ending | undefined;
}

/**
 * Keeps keys in Redis. An attempt of this process stays in `attempts` until Redis has confirmed its ending; meanwhile its
 * state is written every third of a lease, and first of all on every new connection. So leases are renewed, endings
 * that could not be written are written later, and a restarted Redis learns again which requests are in flight.
 */
export function createRedisStore({ connection, ttlMs, maxRequestMs, leaseMs }: RedisStoreSettings): IdempotencyStore {
  const attempts = new Map<string, LocalAttempt>();
  // Nobody takes over an abandoned key: its record stays as long as that of any create request whose outcome is unknown,
  // even if the process stands still for the whole duration of a request.
  const keepStartedMs = ttlMs + maxRequestMs + leaseMs;
  let renewing: NodeJS.Timeout | undefined;

  async function write(evaluate: Evaluate, attempt: string): Promise<void> {
    const local = attempts.get(attempt);
    if (local === undefined) return;
    const { key, fingerprint, ending } = local;
    const [state, detail, keepMs] = toRecord(ending, leaseMs, ttlMs, keepStartedMs);
    await evaluate(writeScript, keyPrefix + key, [fingerprint, attempt, state, detail, String(keepMs)]);
    if (ending !== undefined) attempts.delete(attempt);
  }

  async function writeAll(evaluate: Evaluate): Promise<void> {
    await Promise.all([...attempts.keys()].map((attempt) => write(evaluate, attempt)));
  }

  function hold(attempt: string, key: string, fingerprint: string) {
    attempts.set(attempt, { key, fingerprint, ending: undefined });
    const end = async (ending: Ending) => {
      attempts.set(attempt, { key, fingerprint, ending });
      await write(connection.evaluate, attempt).catch(ignoreUnavailable);
    };
    return { end };
  }

  return {
    get isAvailable() {
      return connection.isAvailable;
    },
    async claim({ key, fingerprint }, isKnownHeld) {
      if (!connection.isAvailable) throw new StoreUnavailable();
      const attempt = randomUUID();
      const times = [String(leaseMs), String(keepStartedMs), isKnownHeld ? "1" : "0"];
      try {
        const reply = await connection.evaluate(claimScript, keyPrefix + key, [fingerprint, attempt, ...times]);
        const [state, detail] = reply as [string, string?];
        if (state === "claimed") return { state, hold: hold(attempt, key, fingerprint) };
        return toStanding(state, detail ?? "");
      } catch (error) {
        // The claim may have succeeded although the reply was lost.
        attempts.set(attempt, { key, fingerprint, ending: { state: "free" } });
        throw error;
      }
    },
    async start() {
      renewing = setInterval(() => {
        if (connection.isAvailable) writeAll(connection.evaluate).catch(ignoreUnavailable);
      }, leaseMs / 3);
      renewing.unref();
      await connection.start(writeAll);
    },
    async stop(deadline) {
      while (attempts.size > 0 && connection.isAvailable && performance.now() < deadline) await delay(10);
      clearInterval(renewing);
      await connection.stop();
    },
  };
}

function toRecord(
  ending: Ending | undefined,
  leaseMs: number,
  ttlMs: number,
  keepStartedMs: number,
): [state: string, detail: string, keepMs: number] {
  if (ending === undefined) return ["started", String(leaseMs), keepStartedMs];
  if (ending.state === "free") return ["free", "-", keepFreeMs];
  const detail = ending.state === "created" ? ending.sealedResponse : ending.outcome;
  return [ending.state, detail, ttlMs];
}

function toStanding(state: string, detail: string): Standing {
  if (state === "created") return { state, sealedResponse: detail };
  if (state === "unknown") return { state, outcome: detail === "CREATED" ? "CREATED" : "UNKNOWN" };
  if (state === "in-flight" || state === "other-input") return { state };
  return { state: "abandoned" };
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error;
}
