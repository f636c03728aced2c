import { createReadStream } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose";
import { limits } from "../limits.ts";

/** Thrown when nothing can be said about any token, because no keys are loaded. */
export class KeysUnavailable extends Error {}

/** A failed load, described without the address or the content of the key set. */
class LoadError extends Error {}

const { keySetBytes: maxBytes } = limits.memory;
const timeoutMs = 5000;
// How long a key that was removed from the set may be accepted while the set cannot be loaded.
const maxAgeMs = 60 * 60_000;
// Anyone can make up key IDs: unknown ones trigger at most one reload per interval.
const unknownKeyCooldownMs = 30_000;
// How long a server that fails is left alone while there are no keys.
const failurePauseMs = 1000;
const refreshAfterMs = 10 * 60_000;

/**
 * jose's remote key set, which loads, caches, and searches the keys, with a size limit, file: URLs, and a pause after a
 * failed load.
 * @param onLoad called after each load with the reason why it failed, or `undefined`.
 */
export function createKeySet(url: URL, onLoad: (problem: string | undefined) => void) {
  let failedAt = Number.NEGATIVE_INFINITY;

  const keys = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cacheMaxAge: maxAgeMs,
    cooldownDuration: unknownKeyCooldownMs,
    async [customFetch](href, options) {
      const pauseMs = keys.fresh ? unknownKeyCooldownMs : failurePauseMs;
      if (performance.now() < failedAt + pauseMs) throw new KeysUnavailable();
      try {
        const text = await readKeySet(href, options);
        createLocalJWKSet(JSON.parse(text));
        onLoad(undefined);
        return new Response(text);
      } catch (error) {
        failedAt = performance.now();
        onLoad(describeProblem(error));
        throw new KeysUnavailable();
      }
    },
  });

  /** @throws KeysUnavailable */
  const getKey: JWTVerifyGetKey = async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      // The keys that are there do not have this one, and cannot be loaded again: that is no outage.
      if (error instanceof KeysUnavailable && keys.fresh) throw new errors.JWKSNoMatchingKey();
      throw error;
    }
  };
  return {
    getKey,
    /** Loads the keys until the signal is aborted: when they get old, and soon after a failure. */
    async keepLoaded(signal: AbortSignal, wait: typeof delay = delay): Promise<void> {
      while (!signal.aborted) {
        const pauseMs = await keys.reload().then(
          () => refreshAfterMs,
          () => (keys.fresh ? unknownKeyCooldownMs : failurePauseMs),
        );
        await wait(pauseMs, undefined, { ref: false, signal }).catch(() => undefined);
      }
    },
  };
}

/** Reads an http:, https: or file: URL, up to the size limit. */
async function readKeySet(url: string, options: RequestInit): Promise<string> {
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  for await (const chunk of await openKeySet(url, options)) {
    receivedBytes += chunk.length;
    if (receivedBytes > maxBytes) throw new LoadError("too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
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
  if (error instanceof SyntaxError) return "not JSON";
  const { name, code, cause } = error as NodeJS.ErrnoException & { readonly cause?: NodeJS.ErrnoException };
  // fetch reports the system's code in the cause.
  return [cause?.code, code].find((value) => typeof value === "string") ?? name;
}
