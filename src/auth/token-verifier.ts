import type { JWTPayload, JWTVerifyOptions } from "jose";

/** The result of verifying a token. `reason` is meant for operators and contains nothing of the token. */
export type Verification =
  | { readonly kind: "verified"; readonly subject: string | undefined }
  | { readonly kind: "rejected"; readonly reason: string }
  | { readonly kind: "keys-unavailable"; readonly reason: string; readonly retryAfterSeconds: number };

export type TokenVerifier = ReturnType<typeof createTokenVerifier>;

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
const unusableKeyRetryMs = 30_000;

/** Verifies signature, `exp` (required), `nbf` and, if configured, issuer and audience of tokens against a key set. */
export function createTokenVerifier(options: TokenVerifierOptions) {
  const { jwksUrl, issuer, audience, onAvailabilityChange } = options;
  // A token that never expires could not be revoked.
  const rules: JWTVerifyOptions = { algorithms, clockTolerance: 30, requiredClaims: ["exp"] };
  if (issuer !== undefined) rules.issuer = issuer;
  if (audience !== undefined) rules.audience = audience;
  let isAvailable = true;

  async function load() {
    // Only services that verify tokens pay for the library. One after the other: the bundle requires jose in key-set,
    // and a module that is still being imported cannot be required.
    const { errors, jwtVerify } = await import("jose");
    const { createKeySet, KeysUnavailable } = await import("./key-set.ts");
    const keySet = createKeySet(
      new URL(jwksUrl),
      () => performance.now(),
      (problem) => {
        if (isAvailable === (problem === undefined)) return;
        isAvailable = !isAvailable;
        onAvailabilityChange(problem);
      },
    );
    return { errors, jwtVerify, keySet, KeysUnavailable };
  }
  let loaded: ReturnType<typeof load> | undefined;
  function loadOnce() {
    loaded ??= load();
    return loaded;
  }

  async function readClaims(token: string): Promise<JWTPayload> {
    const { errors, jwtVerify, keySet } = await loadOnce();
    // Also for a token that jose rejects without a key: without keys, nothing is said about any token.
    await keySet.ensureLoaded();
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
    async verify(token: string): Promise<Verification> {
      const { errors, KeysUnavailable } = await loadOnce();
      try {
        return { kind: "verified", subject: identifySubject(await readClaims(token)) };
      } catch (error) {
        const isKeyUnusable = error instanceof errors.JWKSInvalid || error instanceof errors.JWKInvalid;
        if (error instanceof errors.JOSEError && !isKeyUnusable)
          return { kind: "rejected", reason: describeRejection(error) };
        // Any other error is about the key that signed the token: too short, private, or not importable.
        const { message: reason, retryAfterSeconds } =
          error instanceof KeysUnavailable ? error : new KeysUnavailable("unusable key", unusableKeyRetryMs);
        return { kind: "keys-unavailable", reason, retryAfterSeconds };
      }
    },
    /** Loads the keys before the first token needs them; a failure is only reported to `onAvailabilityChange`. */
    async warmUp(): Promise<void> {
      const { keySet } = await loadOnce();
      await keySet.ensureLoaded().catch(() => undefined);
    },
    /** Whether the last load of the keys succeeded; true before the first one. */
    get isAvailable(): boolean {
      return isAvailable;
    },
  };
}

/** Identifies the caller as the JSON text of `[issuer, subject]`; undefined without a subject (RFC 7519, 4.1.2). */
function identifySubject({ iss, sub }: JWTPayload): string | undefined {
  if (typeof sub !== "string" || sub === "") return undefined;
  return JSON.stringify([typeof iss === "string" ? iss : null, sub]);
}

/** `code` is one of jose's constants, `claim` the name of the claim that was checked. */
function describeRejection(error: { readonly code: string; readonly claim?: unknown }): string {
  return typeof error.claim === "string" ? `${error.code} ${error.claim}` : error.code;
}
