/** Thrown when the keys cannot be had: nothing can be said of a token. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
}

export interface KeyCache<Keys> {
  /** The keys to verify with. @throws KeysUnavailable */
  current(): Promise<Keys>;
  /**
   * Keys loaded after `known` were, for a token whose key `known` does not hold; undefined while the cool-down says
   * that asking again is not worth it. @throws KeysUnavailable
   */
  newerThan(known: Keys): Promise<Keys | undefined>;
}

export interface KeyCacheDependencies<Keys> {
  readonly load: () => Promise<Keys>;
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number;
  /** Told the reason when loading begins to fail, and undefined when it works again. */
  readonly onChange: (problem: unknown) => void;
}

const refreshAfterMs = 10 * 60_000;
// How long a key that was taken out of the set is still honoured at worst, while the set cannot be loaded.
const longestUseMs = 60 * 60_000;
// Anyone can make up key ids: each costs at most one load in this time.
const unknownKeyCoolDownMs = 30_000;
// A dead key server is asked once a second, however many callers wait.
const failurePauseMs = 1000;

/**
 * Keeps a key set. It is loaded once for however many callers need it at the same time, refreshed in the background
 * when it is 10 minutes old, and not used once it is an hour old.
 */
export function createKeyCache<Keys>({ load, now, onChange }: KeyCacheDependencies<Keys>): KeyCache<Keys> {
  let held: { readonly keys: Keys; readonly loadedAt: number } | undefined;
  let loading: Promise<Keys> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  let askedForUnknownAt = Number.NEGATIVE_INFINITY;
  let isFailing = false;

  function succeed(keys: Keys): Keys {
    held = { keys, loadedAt: now() };
    if (isFailing) onChange(undefined);
    isFailing = false;
    return keys;
  }

  function fail(problem: unknown): never {
    failedAt = now();
    if (!isFailing) onChange(problem);
    isFailing = true;
    throw new KeysUnavailable();
  }

  async function reload(): Promise<Keys> {
    if (loading === undefined) {
      if (now() - failedAt < failurePauseMs) throw new KeysUnavailable();
      loading = load()
        .then(succeed, fail)
        .finally(() => {
          loading = undefined;
        });
    }
    return loading;
  }

  return {
    async current() {
      if (held === undefined) return reload();
      const ageMs = now() - held.loadedAt;
      if (ageMs >= longestUseMs) return reload();
      // The caller has good keys: a refresh that fails has told its reason already.
      if (ageMs >= refreshAfterMs) reload().catch(() => undefined);
      return held.keys;
    },
    async newerThan(known) {
      if (held !== undefined && held.keys !== known) return held.keys;
      if (now() - askedForUnknownAt < unknownKeyCoolDownMs) return undefined;
      const keys = await reload();
      askedForUnknownAt = now();
      return keys;
    },
  };
}
