import { once } from "node:events";
import { isIP } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { waitAtMost } from "../wait-at-most.ts";
import { StoreUnavailable } from "./idempotency-store.ts";

/** Runs a script on one key. @throws StoreUnavailable if no reply arrives in time; the script may have run then. */
export type Evaluate = (script: string, key: string, words: readonly string[]) => Promise<unknown>;

export interface RedisConnection {
  /** Whether Redis could be used the last time. */
  readonly isAvailable: boolean;
  /** @throws StoreUnavailable at once while Redis is unavailable; the script has not run then. */
  readonly evaluate: Evaluate;
  /**
   * Connects and stays connected; resolves once the first attempt has succeeded or failed.
   * @param recover runs whenever Redis can be used again, before anything else may use it.
   */
  start(recover: (evaluate: Evaluate) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export interface RedisConnectionSettings {
  /** `redis:` or `rediss:`, with credentials and database number where needed. */
  readonly url: string;
  readonly probeKey: string;
  /** Called when Redis becomes unavailable, with the error's code, and when it is available again. */
  readonly onAvailabilityChange: (isAvailable: boolean, errorCode: string | undefined) => void;
}

const commandTimeoutMs = 500;
const connectTimeoutMs = 500;
const firstAttemptMs = 1000;
const firstReconnectMs = 50;
const maxReconnectMs = 1000;
const probeIntervalMs = 500;
// Ends a connection that has been lost without notice. Longer than the pause between two probes.
const silenceMs = 5000;

/** Checks that Redis accepts writes: a full, read-only, or loading one rejects them. */
const probeScript = "return redis.call('SET', KEYS[1], '1', 'PX', 5000)";

/**
 * A connection to Redis that can be used as long as Redis accepts writes and replies in time. Probes find out when
 * that is possible again. The library reconnects, but neither repeats nor queues commands.
 */
export function createRedisConnection({
  url,
  probeKey,
  onAvailabilityChange,
}: RedisConnectionSettings): RedisConnection {
  let client: { sendCommand(words: string[]): Promise<unknown>; destroy(): void } | undefined;
  /** Undefined until the first attempt has ended. */
  let isAvailable: boolean | undefined;
  let isStopped = false;

  function setAvailable(): void {
    if (isAvailable === false && !isStopped) onAvailabilityChange(true, undefined);
    isAvailable = !isStopped;
  }

  function setUnavailable(reason: unknown): void {
    if (isAvailable !== false && !isStopped) onAvailabilityChange(false, readErrorCode(reason));
    isAvailable = false;
  }

  // EVAL instead of EVALSHA: a restarted Redis knows no scripts, and sending one again would reorder writes.
  async function send(script: string, key: string, words: readonly string[]): Promise<unknown> {
    return client?.sendCommand(["EVAL", script, "1", key, ...words]);
  }

  async function expectInTime(reply: Promise<unknown>): Promise<unknown> {
    try {
      const value = await waitAtMost(reply, commandTimeoutMs);
      if (value === undefined) throw new TimeoutError();
      return value;
    } catch (error) {
      setUnavailable(error);
      throw new StoreUnavailable();
    }
  }

  const evaluate: Evaluate = (script, key, words) => expectInTime(send(script, key, words));

  async function probe(recover: (evaluate: Evaluate) => Promise<void>): Promise<void> {
    const reply = send(probeScript, probeKey, []);
    try {
      await expectInTime(reply);
      if (isAvailable) return;
      await recover(evaluate);
      setAvailable();
    } catch (error) {
      setUnavailable(error);
      // Until there is a reply nothing else is sent, so that the library notices a silent connection.
      await reply.catch(() => {});
    }
  }

  async function keepProbing(recover: (evaluate: Evaluate) => Promise<void>): Promise<void> {
    while (!isStopped) {
      await delay(probeIntervalMs, undefined, { ref: false });
      if (!isStopped) await probe(recover);
    }
  }

  return {
    get isAvailable() {
      return isAvailable === true;
    },
    async evaluate(script, key, words) {
      if (!isAvailable) throw new StoreUnavailable();
      return evaluate(script, key, words);
    },
    async start(recover) {
      const { createClient } = await import("@redis/client");
      const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
      const connection = createClient({
        url,
        RESP: 2,
        disableOfflineQueue: true,
        socket: {
          connectTimeout: connectTimeoutMs,
          socketTimeout: silenceMs,
          reconnectStrategy: (retries) => Math.min(firstReconnectMs * 2 ** retries, maxReconnectMs),
          // The library does not set the server name; it must be a host name, not an address (RFC 6066, section 3).
          ...(url.startsWith("rediss:") && isIP(host) === 0 ? { servername: host } : {}),
        },
      });
      client = connection;
      connection.on("error", (error) => setUnavailable(error));
      // Rejects if the connection is stopped meanwhile.
      const tried = Promise.race([connection.connect(), once(connection, "error")]).catch(() => undefined);
      if ((await waitAtMost(tried, firstAttemptMs)) === undefined) setUnavailable(new TimeoutError());
      await probe(recover);
      void keepProbing(recover);
    },
    async stop() {
      isStopped = true;
      isAvailable = false;
      client?.destroy();
    },
  };
}

class TimeoutError extends Error {
  readonly code = "TIMEOUT";
}

/** The part of an error that may be logged: a system's code or the first word of a Redis error, never its text. */
function readErrorCode(reason: unknown): string | undefined {
  const { code, message = "" } = reason as Partial<NodeJS.ErrnoException>;
  // The library's own errors have no code.
  if (message === "Socket closed unexpectedly") return "ECONNRESET";
  if (/^(?:Connection|Socket) timeout/.test(message)) return "TIMEOUT";
  return [code, message].map((text) => /^[A-Z][A-Z0-9_]{2,}\b/.exec(String(text))?.[0]).find(Boolean);
}
