import type { JWTPayload, JWTVerifyOptions, LocalJWKSet } from "jose";
import { createKeyCache, KeysUnavailable } from "./key-cache.ts";
import { loadKeySet } from "./load-key-set.ts";

/** What is known of a token. `reason` is for operators and holds nothing of the token. */
export type Verification =
  | { readonly kind: "verified"; readonly subject: string | undefined }
  | { readonly kind: "refused" | "keys-unavailable"; readonly reason: string };

export interface TokenVerifier {
  /** Verifies a JSON Web Token; never rejects but for a bug. */
  verify(token: string): Promise<Verification>;
  /** Loads the keys before the first token needs them; that they cannot be had is only told to `onKeysChange`. */
  warmUp(): Promise<void>;
}

export interface TokenVerifierOptions {
  /** Where the key set is: http:, https: or file:. */
  readonly jwksUrl: string;
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  /** Told why the keys cannot be had when that begins, and undefined when it is over. */
  readonly onKeysChange: (problem: string | undefined) => void;
}

// Asymmetric ones only: with HS256 the public key would be the secret, and "none" is no signature.
const algorithms = "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");
const clockToleranceSeconds = 30;

/** Verifies tokens against a key set: signature, issuer and audience where given, `nbf`, and `exp`, which must be there. */
export function createTokenVerifier({ jwksUrl, issuer, audience, onKeysChange }: TokenVerifierOptions): TokenVerifier {
  const options: JWTVerifyOptions = {
    algorithms,
    clockTolerance: clockToleranceSeconds,
    // A token without an end could never be taken back.
    requiredClaims: ["exp"],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
  // Only services that verify tokens pay for the library.
  const loadJose = () => import("jose");
  const cache = createKeyCache<LocalJWKSet>({
    load: async () => (await loadJose()).createLocalJWKSet((await loadKeySet(new URL(jwksUrl))) as never),
    now: () => performance.now(),
    onChange: (problem) => onKeysChange(problem instanceof Error ? problem.message : undefined),
  });

  async function check(token: string, keys: LocalJWKSet): Promise<JWTPayload> {
    const { errors, jwtVerify } = await loadJose();
    try {
      return (await jwtVerify(token, keys, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      // A token that names no key: any of the set may be it.
      for await (const key of error) {
        try {
          return (await jwtVerify(token, key, options)).payload;
        } catch (error) {
          if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
        }
      }
      throw new errors.JWSSignatureVerificationFailed();
    }
  }

  async function checkWithFreshKeys(token: string): Promise<JWTPayload> {
    const { decodeProtectedHeader, errors } = await loadJose();
    const keys = await cache.current();
    try {
      return await check(token, keys);
    } catch (error) {
      const isKeyUnknown =
        error instanceof errors.JWKSNoMatchingKey ||
        (error instanceof errors.JWSSignatureVerificationFailed && decodeProtectedHeader(token).kid === undefined);
      const newer = isKeyUnknown ? await cache.newerThan(keys) : undefined;
      if (newer === undefined) throw error;
      return check(token, newer);
    }
  }

  return {
    async verify(token) {
      const { errors } = await loadJose();
      try {
        return { kind: "verified", subject: subjectOf(await checkWithFreshKeys(token)) };
      } catch (error) {
        const isKeyBad = error instanceof errors.JWKSInvalid || error instanceof errors.JWKInvalid;
        if (error instanceof errors.JOSEError && !isKeyBad) return { kind: "refused", reason: reasonOf(error) };
        // What is left is about the key that the token names: too short, private, or of a form that cannot be imported.
        return {
          kind: "keys-unavailable",
          reason: error instanceof KeysUnavailable ? "keys not loaded" : "unusable key",
        };
      }
    },
    async warmUp() {
      await cache.current().catch(() => undefined);
    },
  };
}

/**
 * Whose token it is, as the JSON text of `[issuer, subject]`. Without a subject it is nobody's in particular, which
 * RFC 7519 allows (section 4.1.2).
 */
function subjectOf({ iss, sub }: JWTPayload): string | undefined {
  return typeof sub === "string" && sub !== ""
    ? JSON.stringify([typeof iss === "string" ? iss : null, sub])
    : undefined;
}

/** `code` is one of jose's constants, `claim` the name of the claim that was checked. */
function reasonOf(error: { readonly code: string; readonly claim?: unknown }): string {
  return typeof error.claim === "string" ? `${error.code} ${error.claim}` : error.code;
}
