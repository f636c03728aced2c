import { isIP } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { waitAtMost } from "../timing/wait-at-most.ts";
import { StoreUnavailable } from "./idempotency-store.ts";

/** What a script does, for metrics. */
export type StoreCommand = "claim" | "write" | "probe";

/** A script on one key. */
export interface Script {
  readonly command: StoreCommand;
  readonly text: string;
}

/** Runs a script. @throws StoreUnavailable if no reply arrives in time; the script may have run then. */
export type Evaluate = (script: Script, key: string, words: readonly string[]) => Promise<unknown>;

export interface RedisConnection {
  /** Whether Redis has replied in time to whatever was sent last. A failed command makes it unavailable until a probe succeeds. */
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

/** Is told when a command begins. @returns to be called when it ends, with the cause if it fails. */
export type ObserveCommand = (command: StoreCommand) => (cause?: string) => void;

/** Redis can be used again, or it cannot, for a cause that is new: an error's code. */
export type StoreAvailability =
  | { readonly isAvailable: true }
  | { readonly isAvailable: false; readonly cause?: string };

export interface RedisConnectionSettings {
  /** `redis:` or `rediss:`, with credentials and database number where needed. */
  readonly url: string;
  readonly probeKey: string;
  readonly onAvailabilityChange: (availability: StoreAvailability) => void;
  readonly observeCommand: ObserveCommand;
}

const commandTimeoutMs = 500;
/** Connecting, TLS, and authentication together. */
const connectTimeoutMs = 1000;
const probeIntervalMs = 500;

/** Checks that Redis accepts writes: a full, read-only, or loading one rejects them. */
const probeScript: Script = { command: "probe", text: "return redis.call('SET', KEYS[1], '1', 'PX', 5000)" };

/** The part of the library's client that is used. */
interface RedisClient {
  sendCommand(words: string[]): Promise<unknown>;
  destroy(): void;
}

/**
 * A connection to Redis that can be used as long as Redis accepts writes and replies in time. It is probed every
 * half second, and after a failed probe, for whatever cause, the next one uses a new connection, for which the name is
 * resolved again: another server may have become the primary. Commands are neither repeated nor queued.
 */
export function createRedisConnection(settings: RedisConnectionSettings): RedisConnection {
  const { url, probeKey, onAvailabilityChange, observeCommand } = settings;
  let client: RedisClient | undefined;
  /** Undefined until the first attempt has ended. */
  let isAvailable: boolean | undefined;
  let reportedCause: string | undefined;
  let isStopped = false;

  function setAvailable(): void {
    if (isStopped) return;
    if (isAvailable === false) onAvailabilityChange({ isAvailable: true });
    isAvailable = true;
    reportedCause = undefined;
  }

  function setUnavailable(reason: unknown): void {
    const cause = readCause(reason);
    const isNew = isAvailable !== false || (cause !== undefined && cause !== reportedCause);
    isAvailable = false;
    if (!isNew || isStopped) return;
    reportedCause = cause;
    onAvailabilityChange({ isAvailable: false, ...(cause !== undefined && { cause }) });
  }

  function disconnect(): void {
    const connection = client;
    client = undefined;
    connection?.destroy();
  }

  // EVAL instead of EVALSHA: a restarted Redis knows no scripts, and sending one again would reorder writes.
  const evaluate: Evaluate = async ({ command, text }, key, words) => {
    const end = observeCommand(command);
    try {
      if (client === undefined) throw new StoreUnavailable();
      const value = await expectInTime(client.sendCommand(["EVAL", text, "1", key, ...words]), commandTimeoutMs);
      end();
      return value;
    } catch (error) {
      end(readCause(error) ?? "other");
      setUnavailable(error);
      throw new StoreUnavailable();
    }
  };

  async function connect(): Promise<void> {
    const { createClient } = await import("@redis/client");
    const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
    const connection = createClient({
      url,
      RESP: 2,
      disableOfflineQueue: true,
      socket: {
        connectTimeout: connectTimeoutMs,
        reconnectStrategy: false,
        // The library does not set the server name; it must be a host name, not an address (RFC 6066, section 3).
        ...(url.startsWith("rediss:") && isIP(host) === 0 ? { servername: host } : {}),
      },
    });
    connection.on("error", (error) => {
      if (client === connection) setUnavailable(error);
    });
    client = connection;
    await expectInTime(connection.connect(), connectTimeoutMs);
  }

  async function probe(recover: (evaluate: Evaluate) => Promise<void>): Promise<void> {
    try {
      if (client === undefined) await connect();
      await evaluate(probeScript, probeKey, []);
      if (isAvailable) return;
      await recover(evaluate);
      setAvailable();
    } catch (error) {
      setUnavailable(error);
      disconnect();
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
      await probe(recover);
      void keepProbing(recover);
    },
    async stop() {
      isStopped = true;
      isAvailable = false;
      disconnect();
    },
  };
}

class TimeoutError extends Error {
  readonly code = "TIMEOUT";
}

/** @throws TimeoutError, and what the reply rejects with. */
async function expectInTime(reply: Promise<unknown>, timeoutMs: number): Promise<unknown> {
  const settled = reply.then((value) => ({ value }));
  const inTime = await waitAtMost(settled, timeoutMs);
  if (inTime === undefined) throw new TimeoutError();
  return inTime.value;
}

// By the names of the library's errors, which have no codes. Its other errors follow from one that has been seen before.
const causes: Readonly<Record<string, string>> = {
  ConnectionTimeoutError: "TIMEOUT",
  SocketClosedUnexpectedlyError: "ECONNRESET",
};

/** The part of an error that may be logged: a system's code or the first word of a Redis error, never its text. */
function readCause(reason: unknown): string | undefined {
  const { code, message = "" } = reason as Partial<NodeJS.ErrnoException>;
  const known = reason instanceof Error ? causes[reason.constructor.name] : undefined;
  return known ?? [code, message].map((text) => /^[A-Z][A-Z0-9_]{2,}\b/.exec(String(text))?.[0]).find(Boolean);
}
