import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts an answer, which may repeat the input's words, so that a store shows nothing of it. Only someone with the
 * caller's token, the idempotency key and the same input has the key: exactly the one who may get the answer again.
 */
export function sealAnswer(answer: unknown, sealKey: Buffer): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, sealKey, nonce);
  const sealed = Buffer.concat([cipher.update(JSON.stringify(answer)), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64url");
}

/** Decrypts what {@link sealAnswer} made of an answer; undefined when it is damaged or was sealed with another key. */
export function openAnswer(sealedAnswer: string, sealKey: Buffer): unknown {
  const bytes = Buffer.from(sealedAnswer, "base64url");
  try {
    const decipher = createDecipheriv(algorithm, sealKey, bytes.subarray(0, nonceBytes));
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    const opened = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
    return JSON.parse(opened.toString());
  } catch {
    return undefined;
  }
}
