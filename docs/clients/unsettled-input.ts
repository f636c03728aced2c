// From contactswing-bff 0.1.0 (ce17d000): docs/clients/unsettled-input.ts. What changes is in docs/changelog.md.
const storageKey = "unsettled-action";

/**
 * Keeps an input, with its idempotency key, while its action may exist, because a sign-in often leaves the page and comes
 * back. Call it with `undefined` when the user signs out: a key belongs to one user.
 */
export function keepUnsettledInput(input: object | undefined): void {
  tryStorage((storage) => {
    if (input === undefined) storage.removeItem(storageKey);
    else storage.setItem(storageKey, JSON.stringify(input));
  });
}

export function readUnsettledInput<Input>(): Input | undefined {
  const text = tryStorage((storage) => storage.getItem(storageKey));
  return text == null ? undefined : JSON.parse(text);
}

/** Where a browser allows no storage, the key is kept as long as the page. */
function tryStorage<Value>(use: (storage: Storage) => Value): Value | undefined {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}
