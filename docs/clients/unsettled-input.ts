// From contactswing-bff 0.1.0 (e6b180df): docs/clients/unsettled-input.ts. What changes is in docs/changelog.md.
/** What was sent, while its action may exist. */
export interface Unsettled<Input> {
  readonly input: Input;
  /** When it was sent for the first time, in milliseconds since 1970. */
  readonly sentAt: number;
  /** Whether it can be sent again without creating a second action. */
  readonly canRepeat: boolean;
}

// Change the number with the form of the input: what another release of the page has stored is not read then.
const storageKey = (user: string) => `unsettled-action-1:${user}`;

/** IDEMPOTENCY_TTL_SECONDS of the service: after that it does not know a key any more. */
const keyLifetimeMs = 24 * 60 * 60 * 1000;

/** Whether the service still knows the key of what was sent. It counts from a later time: the end of the request. */
export function isKeyKnown(sentAt: number): boolean {
  return Date.now() - sentAt < keyLifetimeMs;
}

/** Keeps what was sent as long as its action may exist, because a sign-in often leaves the page and comes back. */
export function keepUnsettled(user: string, unsettled: Unsettled<object> | undefined): void {
  tryStorage((storage) => {
    if (unsettled === undefined) storage.removeItem(storageKey(user));
    else storage.setItem(storageKey(user), JSON.stringify(unsettled));
  });
}

export function readUnsettled<Input>(user: string): Unsettled<Input> | undefined {
  return tryStorage((storage) => {
    const text = storage.getItem(storageKey(user));
    if (text === null) return undefined;
    const { input, sentAt, canRepeat } = JSON.parse(text);
    return { input, sentAt, canRepeat: canRepeat && isKeyKnown(sentAt) };
  });
}

/** Where a browser allows no storage, the key is kept as long as the page. */
function tryStorage<Value>(use: (storage: Storage) => Value): Value | undefined {
  try {
    return use(sessionStorage);
  } catch {
    return undefined;
  }
}
