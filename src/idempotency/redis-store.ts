import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { type Ending, type IdempotencyStore, type Standing, StoreUnavailable } from "./idempotency-store.ts";
import { commandTimeoutMs, type Evaluate, type RedisConnection } from "./redis-connection.ts";
import { claimScript, writeScript } from "./redis-scripts.ts";

export interface RedisStoreSettings {
  readonly connection: RedisConnection;
  readonly ttlMs: number;
  /** How long a create can take, at most. */
  readonly longestCallMs: number;
  /** A started create is renewed three times within this time; one that is not is taken to be abandoned. */
  readonly leaseMs: number;
}

/** After a `kill -9` of its process a create is known to be abandoned within this time. */
export const defaultLeaseMs = 3000;
export const keyPrefix = "contactswing-bff:idempotency:";

// A key that was given back says so for a while: to one that waits for it, a record that is missing is one that was lost.
const keepFreeMs = 10_000;

interface LocalAttempt {
  readonly key: string;
  readonly fingerprint: string;
  readonly ending: Ending | undefined;
}

/**
 * Keeps keys in Redis. An attempt of this process stays in `attempts` until Redis has confirmed its ending; meanwhile
 * how it stands is written every third of a lease and first of all on every new connection. So leases are renewed,
 * endings that could not be written are written later, and what a restarted Redis forgot of calls under way comes back.
 */
export function createRedisStore({ connection, ttlMs, longestCallMs, leaseMs }: RedisStoreSettings): IdempotencyStore {
  const attempts = new Map<string, LocalAttempt>();
  // Nobody takes over an abandoned key: its record stays as long as that of any create whose outcome is not known, and
  // also when the process stands still for a whole call.
  const keepStartedMs = ttlMs + longestCallMs + leaseMs;
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
    async claim({ key, fingerprint }, isKnownTaken) {
      if (!connection.isAvailable) throw new StoreUnavailable();
      const attempt = randomUUID();
      const times = [String(leaseMs), String(keepStartedMs), isKnownTaken ? "1" : "0"];
      try {
        const reply = await connection.evaluate(claimScript, keyPrefix + key, [fingerprint, attempt, ...times]);
        const [state, detail] = reply as [string, string?];
        if (state === "claimed") return { state, hold: hold(attempt, key, fingerprint) };
        return toStanding(state, detail ?? "");
      } catch (error) {
        // The claim may have been taken although its answer is lost.
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
    async stop() {
      const deadline = performance.now() + 2 * commandTimeoutMs;
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
  const detail = ending.state === "created" ? ending.sealedAnswer : ending.outcome;
  return [ending.state, detail, ttlMs];
}

function toStanding(state: string, detail: string): Standing {
  if (state === "created") return { state, sealedAnswer: detail };
  if (state === "unknown") return { state, outcome: detail === "CREATED" ? "CREATED" : "UNKNOWN" };
  if (state === "under-way" || state === "other-input") return { state };
  return { state: "abandoned" };
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error;
}
