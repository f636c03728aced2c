import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts a response, which may repeat the input's text, so that a store reveals nothing of it. Only a request with the
 * same caller, idempotency key, and input has the key: exactly the one that may get the response again.
 */
export function sealResponse(response: unknown, sealKey: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, sealKey, nonce);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(response)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
}

/** Decrypts what {@link sealResponse} returned; undefined if it is damaged or was encrypted with another key. */
export function openResponse(sealedResponse: string, sealKey: Buffer): unknown {
  const bytes = Buffer.from(sealedResponse, "base64url");
  try {
    const decipher = createDecipheriv(algorithm, sealKey, bytes.subarray(0, nonceBytes));
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    const opened = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
    return JSON.parse(opened.toString());
  } catch {
    return undefined;
  }
}
