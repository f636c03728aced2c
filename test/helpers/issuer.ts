import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from "jose";

export const issuer = "https://issuer.example";
export const audience = "contactswing-bff";

export type SigningKey = Awaited<ReturnType<typeof createSigningKey>>;

export async function createSigningKey(kid: string, algorithm = "ES256") {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: "sig" };
  return { kid, algorithm, publicJwk, privateKey, publicKey };
}

export function keySetOf(...keys: readonly SigningKey[]): { keys: JWK[] } {
  return { keys: keys.map(({ publicJwk }) => publicJwk) };
}

export const nowSeconds = () => Math.floor(Date.now() / 1000);

/** Claims that the service accepts; what a test changes comes last, and undefined leaves a claim out. */
export function claimsWith(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { iss: issuer, aud: audience, sub: "user-1", exp: nowSeconds() + 300, ...changes };
}

/** A token signed with a key, with the key's id unless the header says otherwise. */
export async function signToken(
  key: SigningKey,
  claims: Record<string, unknown> = claimsWith(),
  header: Record<string, unknown> = {},
): Promise<string> {
  const names = { alg: key.algorithm, kid: key.kid, ...header } as JWTHeaderParameters;
  return new SignJWT(claims).setProtectedHeader(names).sign(key.privateKey);
}

/** A token put together by hand, as an attacker does. */
export function joinToken(header: object, claims: object, signature = ""): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString("base64url");
  return `${encode(header)}.${encode(claims)}.${signature}`;
}
