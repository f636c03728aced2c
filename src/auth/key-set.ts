import { createReadStream } from "node:fs";
import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose";

/** Thrown when nothing can be said about a token, because the keys that it needs are not loaded. */
export class KeysUnavailable extends Error {
  readonly retryAfterSeconds: number;

  constructor(reason: "keys not loaded" | "unknown key" | "unusable key", retryAfterMs: number) {
    super(reason);
    this.retryAfterSeconds = Math.ceil(retryAfterMs / 1000);
  }
}

/** A failed load, described without the address or the content of the key set. */
class LoadError extends Error {}

const maxBytes = 256 * 1024;
const timeoutMs = 5000;
const refreshAfterMs = 10 * 60_000;
// How long a key that was removed from the set may be accepted while the set cannot be loaded.
const maxAgeMs = 60 * 60_000;
// Anyone can make up key IDs: together they cause at most one request in this time.
const unknownKeyCoolDownMs = 30_000;
const failurePauseMs = 1000;

/**
 * Wraps jose's remote key set, which loads, checks and searches the keys. When they are loaded is decided here, because
 * jose lets requests wait whenever keys are stale, and does not limit how often it asks a server that fails.
 * @param now a monotonic clock in milliseconds
 * @param onLoad called after each load with the reason why it failed, or `undefined`
 * @returns functions that throw KeysUnavailable
 */
export function createKeySet(url: URL, now: () => number, onLoad: (problem: string | undefined) => void) {
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cacheMaxAge: Number.POSITIVE_INFINITY,
    cooldownDuration: Number.POSITIVE_INFINITY,
    [customFetch]: fetchKeySet,
  });
  let loadedAt = Number.NEGATIVE_INFINITY;
  let failedAt = Number.NEGATIVE_INFINITY;
  let loadedForUnknownKeyAt = Number.NEGATIVE_INFINITY;
  let loadCount = 0;
  const seenKeyIds = new Set<unknown>();

  async function load(): Promise<void> {
    if (!keys.reloading && now() - failedAt < failurePauseMs)
      throw new KeysUnavailable("keys not loaded", failurePauseMs);
    try {
      // Concurrent reloads share one request.
      await keys.reload();
    } catch (error) {
      failedAt = now();
      onLoad(describeProblem(error));
      throw new KeysUnavailable("keys not loaded", failurePauseMs);
    }
    loadedAt = now();
    loadCount += 1;
    for (const { kid } of keys.jwks()?.keys ?? []) seenKeyIds.add(kid);
    onLoad(undefined);
  }

  async function ensureLoaded(): Promise<void> {
    const ageMs = now() - loadedAt;
    if (ageMs >= maxAgeMs) await load();
    else if (ageMs >= refreshAfterMs) load().catch(() => undefined);
  }

  const getKey: JWTVerifyGetKey = async (header, token) => {
    await ensureLoaded();
    const searchedLoad = loadCount;
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || header.kid === undefined) throw error;
      if (loadCount === searchedLoad) {
        const coolDownMs = loadedForUnknownKeyAt + unknownKeyCoolDownMs - now();
        // The ID of a key that was removed, or whose algorithm is another one, is not unknown.
        if (coolDownMs > 0) throw seenKeyIds.has(header.kid) ? error : new KeysUnavailable("unknown key", coolDownMs);
        await load();
        loadedForUnknownKeyAt = now();
      }
      return keys(header, token);
    }
  };
  return { getKey, ensureLoaded };
}

/** Loads an http:, https: or file: URL, up to the size limit. */
async function fetchKeySet(url: string, options: RequestInit): Promise<Response> {
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  for await (const chunk of await openKeySet(url, options)) {
    receivedBytes += chunk.length;
    if (receivedBytes > maxBytes) throw new LoadError("too large");
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks));
}

async function openKeySet(url: string, options: RequestInit): Promise<AsyncIterable<Uint8Array> | Uint8Array[]> {
  if (url.startsWith("file:")) return createReadStream(new URL(url));
  const response = await fetch(url, options);
  if (response.status === 200) return response.body ?? [];
  await response.body?.cancel();
  throw new LoadError(`status ${response.status}`);
}

/** Messages of the platform quote addresses, paths and content; its error codes and names do not. */
function describeProblem(error: unknown): string {
  if (error instanceof LoadError) return error.message;
  const { name, code, cause } = error as NodeJS.ErrnoException & { readonly cause?: NodeJS.ErrnoException };
  if (cause?.name === "SyntaxError") return "not JSON";
  // fetch reports the system's code in the cause.
  return [cause?.code, code].find((value) => typeof value === "string") ?? name;
}
