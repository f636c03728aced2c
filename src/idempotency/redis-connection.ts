import { isIP } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { waitAtMost } from "../wait-at-most.ts";
import { StoreUnavailable } from "./idempotency-store.ts";
import { probeScript } from "./redis-scripts.ts";

/** Runs a script on one key. @throws StoreUnavailable if no reply arrives in time; the script may have run then. */
export type Evaluate = (script: string, key: string, words: readonly string[]) => Promise<unknown>;

export interface RedisConnection {
  /** Whether Redis could be used the last time. */
  readonly isAvailable: boolean;
  /** @throws StoreUnavailable at once while Redis is unavailable; the script has not run then. */
  readonly evaluate: Evaluate;
  /**
   * Connects, now and whenever the connection is lost, and resolves once the first attempt has succeeded or failed.
   * @param recover runs on every new connection before anything else may use it.
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
const connectTimeoutMs = 1000;
const probeIntervalMs = 1000;
const firstPauseMs = 50;
const maxPauseMs = 1000;

interface Client {
  sendCommand(words: string[]): Promise<unknown>;
  connect(): Promise<unknown>;
  destroy(): void;
  on(event: "error", listener: (error: unknown) => void): unknown;
}

/**
 * One connection to Redis at a time. Whatever goes wrong with it (an error, a late reply, a rejected write) ends it, and
 * another one is opened. The library never sends a command again and queues none while there is no connection.
 */
export function createRedisConnection({
  url,
  probeKey,
  onAvailabilityChange,
}: RedisConnectionSettings): RedisConnection {
  let current: { readonly evaluate: Evaluate; readonly lose: (reason: unknown) => void } | undefined;
  let isKnownAvailable = true;
  const stopping = new AbortController();
  let connecting: Promise<void> = Promise.resolve();

  function report(isAvailable: boolean, reason?: unknown): void {
    if (isAvailable === isKnownAvailable || stopping.signal.aborted) return;
    isKnownAvailable = isAvailable;
    onAvailabilityChange(isAvailable, isAvailable ? undefined : codeOf(reason));
  }

  /** Uses one connection until it is lost. @returns whether it was ever usable. */
  async function connectOnce(
    client: Client,
    recover: (evaluate: Evaluate) => Promise<void>,
    onTried: () => void,
  ): Promise<boolean> {
    const lost = Promise.withResolvers<never>();
    lost.promise.catch(() => {});
    // Without a listener the library would throw.
    client.on("error", lost.reject);
    const evaluate: Evaluate = async (script, key, words) => {
      const reply = await waitAtMost(client.sendCommand(["EVAL", script, "1", key, ...words]), commandTimeoutMs);
      if (reply === undefined) throw new TimeoutError();
      return reply;
    };
    // EVAL instead of EVALSHA: a restarted Redis knows no scripts, and sending one again would reorder writes.
    const probe = () => evaluate(probeScript, probeKey, []);
    const stop = () => lost.reject(stopping.signal.reason);
    stopping.signal.addEventListener("abort", stop);
    let wasAvailable = false;
    try {
      const connected = client.connect().then(() => true);
      const isConnected = await Promise.race([waitAtMost(connected, connectTimeoutMs), lost.promise]);
      if (isConnected === undefined) throw new TimeoutError();
      await probe();
      await recover(evaluate);
      current = { evaluate, lose: lost.reject };
      wasAvailable = true;
      report(true);
      onTried();
      for (;;) {
        await Promise.race([delay(probeIntervalMs, undefined, { signal: stopping.signal }), lost.promise]);
        await probe();
      }
    } catch (error) {
      current = undefined;
      report(false, error);
      return wasAvailable;
    } finally {
      stopping.signal.removeEventListener("abort", stop);
      client.destroy();
      onTried();
    }
  }

  return {
    get isAvailable() {
      return current !== undefined;
    },
    async evaluate(script, key, words) {
      const connection = current;
      if (connection === undefined) throw new StoreUnavailable();
      try {
        return await connection.evaluate(script, key, words);
      } catch (error) {
        if (current === connection) current = undefined;
        connection.lose(error);
        throw new StoreUnavailable();
      }
    },
    async start(recover) {
      const { createClient } = await import("@redis/client");
      const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
      const options = {
        url,
        RESP: 2,
        disableOfflineQueue: true,
        maintNotifications: "disabled",
        socket: {
          connectTimeout: connectTimeoutMs / 2,
          reconnectStrategy: false,
          // The library does not set the server name; it must be a host name, not an address (RFC 6066, section 3).
          ...(url.startsWith("rediss:") && isIP(host) === 0 ? { servername: host } : {}),
        },
      } as const;
      const tried = Promise.withResolvers<void>();
      const keepConnected = async () => {
        for (let failures = 0; !stopping.signal.aborted; failures += 1) {
          if (await connectOnce(createClient(options), recover, tried.resolve)) failures = 0;
          const pauseMs = Math.min(firstPauseMs * 2 ** failures, maxPauseMs) * (0.5 + Math.random() / 2);
          await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
        }
      };
      connecting = keepConnected();
      await tried.promise;
    },
    async stop() {
      stopping.abort();
      await connecting;
    },
  };
}

class TimeoutError extends Error {
  readonly code = "TIMEOUT";
}

/** The part of an error that may be logged: a system's code or the first word of a Redis error, never its text. */
function codeOf(reason: unknown): string | undefined {
  const { code, message } = reason as Partial<NodeJS.ErrnoException>;
  // The library's own error for a connection that Redis has closed.
  if (message === "Socket closed unexpectedly") return "ECONNRESET";
  return [code, message].map((text) => /^[A-Z][A-Z0-9_]{2,}\b/.exec(String(text))?.[0]).find(Boolean);
}
