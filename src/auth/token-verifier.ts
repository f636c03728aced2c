import type { JWTPayload, JWTVerifyOptions } from "jose";
import { type Subject, toSubject } from "./caller.ts";

/** The result of verifying a token. `reason` is meant for operators and contains nothing of the token. */
export type Verification =
  | { readonly kind: "verified"; readonly subject: Subject | undefined }
  | { readonly kind: "rejected"; readonly reason: string }
  | { readonly kind: "keys-unavailable" };

export interface TokenVerifier {
  verify(token: string): Promise<Verification>;
  /** Loads the keys, and keeps them up to date from then on. */
  start(): void;
  stop(): void;
  /** Whether the keys have been loaded. */
  readonly isReady: boolean;
  /** Whether the last load of the keys succeeded; true before the first one. */
  readonly isAvailable: boolean;
}

export interface TokenVerifierOptions {
  /** Where the key set is: an http:, https: or file: URL. */
  readonly jwksUrl: string;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** Told why the keys can no longer be loaded, and `undefined` when they can be loaded again. */
  readonly onAvailabilityChange: (problem: string | undefined) => void;
}

// Asymmetric algorithms only: with HS256 the public key would be the secret, and "none" is no signature.
const algorithms = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");

/** Verifies signature, `exp` (required), `nbf` and, if configured, issuer and audience of tokens against a key set. */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const { jwksUrl, issuer, audience, onAvailabilityChange } = options;
  // A token that never expires could not be revoked.
  const rules: JWTVerifyOptions = { algorithms, clockTolerance: 30, requiredClaims: ["exp"] };
  if (issuer !== undefined) rules.issuer = issuer;
  if (audience !== undefined) rules.audience = audience;
  const stopped = new AbortController();
  let isAvailable = true;
  let isReady = false;

  function onLoad(problem: string | undefined): void {
    if (problem === undefined) isReady = true;
    if (isAvailable === (problem === undefined)) return;
    isAvailable = !isAvailable;
    onAvailabilityChange(problem);
  }

  async function load() {
    // Only services that verify tokens pay for the library. One after the other: the bundle requires jose in key-set,
    // and a module that is still being imported cannot be required.
    const { errors, jwtVerify } = await import("jose");
    const { createKeySet, KeysUnavailable } = await import("./key-set.ts");
    return { errors, jwtVerify, keySet: createKeySet(new URL(jwksUrl), onLoad), KeysUnavailable };
  }
  let loaded: ReturnType<typeof load> | undefined;
  function loadOnce() {
    loaded ??= load();
    return loaded;
  }

  async function readClaims(token: string): Promise<JWTPayload> {
    const { errors, jwtVerify, keySet } = await loadOnce();
    try {
      return (await jwtVerify(token, keySet.getKey, rules)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // The token has no key ID: any key of the set may have signed it.
      for await (const key of error) {
        try {
          return (await jwtVerify(token, key, rules)).payload;
        } catch (error) {
          if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
        }
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  return {
    async verify(token) {
      const { errors, KeysUnavailable } = await loadOnce();
      try {
        return { kind: "verified", subject: toSubject(await readClaims(token)) };
      } catch (error) {
        if (error instanceof KeysUnavailable) return { kind: "keys-unavailable" };
        // Any other error is about the key that the token names: too short, private, or not importable. Anyone can name
        // that key, so it must not look like an outage.
        const isRejection = error instanceof errors.JOSEError;
        return { kind: "rejected", reason: isRejection ? describeRejection(error) : "unusable key" };
      }
    },
    start: () => void loadOnce().then(({ keySet }) => keySet.keepLoaded(stopped.signal)),
    stop: () => stopped.abort(),
    get isReady() {
      return isReady;
    },
    get isAvailable() {
      return isAvailable;
    },
  };
}

/** `code` is one of jose's constants, `claim` the name of the claim that was checked. */
function describeRejection(error: { readonly code: string; readonly claim?: unknown }): string {
  return typeof error.claim === "string" ? `${error.code} ${error.claim}` : error.code;
}
