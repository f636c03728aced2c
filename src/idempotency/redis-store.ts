import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import {
  type AttemptResult,
  type Claim,
  type ClaimResult,
  type IdempotencyStore,
  type Lease,
  type StoredResult,
  StoreUnavailable,
} from "./idempotency-store.ts";
import type { Evaluate, RedisConnection, Script } from "./redis-connection.ts";

export interface RedisStoreSettings {
  readonly connection: RedisConnection;
  readonly ttlMs: number;
  /** How long a write can take, at most. */
  readonly maxWriteMs: number;
  /** The lease of a write in flight is renewed three times within this time; an expired one is abandoned. */
  readonly leaseMs: number;
}

/** After a `kill -9` of its process, a write is known to be abandoned within this time. */
export const defaultLeaseMs = 3000;
export const keyPrefix = "contactswing-bff:idempotency:";

// A tombstone, so that waiters can tell a released key from a lost one.
const keepFreeMs = 10_000;

interface LocalAttempt extends Claim {
  /** Undefined while the write is in flight. */
  readonly result: AttemptResult | undefined;
}

/**
 * Keeps keys in Redis. An attempt of this process stays in `attempts` until Redis has confirmed its result; meanwhile its
 * state is written every third of a lease, and first of all after every outage. So leases are renewed, results
 * that could not be written are written later, and a restarted Redis learns again which requests are in flight.
 */
export function createRedisStore({ connection, ttlMs, maxWriteMs, leaseMs }: RedisStoreSettings): IdempotencyStore {
  const attempts = new Map<string, LocalAttempt>();
  // Nobody takes over an abandoned key: its record stays as long as that of any write whose outcome is unknown,
  // even if the process stands still for the whole duration of a request.
  const keepStartedMs = ttlMs + maxWriteMs + leaseMs;
  let renewing: NodeJS.Timeout | undefined;

  async function write(evaluate: Evaluate, attempt: string): Promise<void> {
    const local = attempts.get(attempt);
    if (local === undefined) return;
    const { key, fingerprint, result } = local;
    await evaluate(writeScript, keyPrefix + key, [fingerprint, attempt, ...toRecord(result)]);
    if (result !== undefined) attempts.delete(attempt);
  }

  async function writeAll(evaluate: Evaluate): Promise<void> {
    await Promise.all([...attempts.keys()].map((attempt) => write(evaluate, attempt)));
  }

  /** State, detail, and time to keep of a record. */
  function toRecord(result: AttemptResult | undefined): [string, string, string] {
    if (result === undefined) return ["started", String(leaseMs), String(keepStartedMs)];
    if (result.state === "free") return ["free", "-", String(keepFreeMs)];
    return [result.state, toDetail(result), String(ttlMs)];
  }

  function startLease(attempt: string, key: string, fingerprint: string): Lease {
    attempts.set(attempt, { key, fingerprint, result: undefined });
    return {
      async end(result) {
        attempts.set(attempt, { key, fingerprint, result });
        await write(connection.evaluate, attempt).catch(ignoreUnavailable);
      },
    };
  }

  return {
    get isAvailable() {
      return connection.isAvailable;
    },
    async claim({ key, fingerprint }, wasInFlight) {
      if (!connection.isAvailable) throw new StoreUnavailable();
      const attempt = randomUUID();
      const times = [String(leaseMs), String(keepStartedMs), wasInFlight ? "1" : "0"];
      try {
        const reply = await connection.evaluate(claimScript, keyPrefix + key, [fingerprint, attempt, ...times]);
        const [state, detail] = reply as [string, string?];
        if (state === "claimed") return { state, lease: startLease(attempt, key, fingerprint) };
        return toClaimResult(state, detail ?? "");
      } catch (error) {
        // The claim may have succeeded although the reply was lost.
        attempts.set(attempt, { key, fingerprint, result: { state: "free" } });
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

/** The detail of an ended record: one word. */
function toDetail(result: StoredResult): string {
  if (result.state === "unknown") return result.isDone ? "done" : "unclear";
  return `${result.tokenDigest}.${Buffer.from(result.response).toString("base64url")}`;
}

function toClaimResult(state: string, detail: string): ClaimResult {
  if (state === "done") {
    const [tokenDigest = "", response = ""] = detail.split(".");
    return { state, tokenDigest, response: Buffer.from(response, "base64url").toString() };
  }
  if (state === "unknown") return { state, isDone: detail === "done" };
  if (state === "in-flight" || state === "other-input") return { state };
  return { state: "abandoned" };
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error;
}

// A record is a string of four words: state, fingerprint, attempt, detail. The detail of a started write is the
// time until which its holder counts as alive, in milliseconds of Redis' own clock, so that the replicas' clocks do not
// matter. Scripts run atomically; reading the time before writing needs Redis 5, which replicates effects, not scripts.

const readRecord = `
local state, fingerprint, attempt, detail =
  string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+) (%S+) (%S+)$')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function write(newState, newDetail, keepMs)
  if newState == 'started' then newDetail = string.format('%.0f', now + newDetail) end
  local record = newState .. ' ' .. ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. newDetail
  redis.call('SET', KEYS[1], record, 'PX', keepMs)
end
`;

/**
 * Claims KEYS[1] if it is free. ARGV: fingerprint, attempt, lease in ms, time to keep in ms, `1` if the key has been seen
 * in flight. Returns the state, with the detail of an ended one.
 */
export const claimScript: Script = {
  command: "claim",
  text: `${readRecord}
if state == nil and ARGV[5] == '1' then return {'abandoned'} end
if state == nil or state == 'free' then
  write('started', ARGV[3], ARGV[4])
  return {'claimed'}
end
if fingerprint ~= ARGV[1] then return {'other-input'} end
if state ~= 'started' then return {state, detail} end
return {tonumber(detail) > now and 'in-flight' or 'abandoned'}
`,
};

/**
 * Writes the state of an attempt. ARGV: fingerprint, attempt, state, detail (for `started` the lease in ms), time to keep
 * in ms. The record of another attempt stays. A lost record is written again, unless the key is released. A write that
 * arrives late or twice changes nothing: an ended write never becomes a started one.
 */
export const writeScript: Script = {
  command: "write",
  text: `${readRecord}
local isMine = attempt == ARGV[2]
local isAllowed
if ARGV[3] == 'started' then isAllowed = state == nil or (isMine and state == 'started')
elseif ARGV[3] == 'free' then isAllowed = isMine and state == 'started'
else isAllowed = state == nil or state == 'free' or isMine end
if isAllowed then write(ARGV[3], ARGV[4], ARGV[5]) end
return isAllowed and 1 or 0
`,
};
