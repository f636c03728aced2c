const secretNames = [
  "authorization",
  "body",
  "cookie",
  "headers",
  "idempotencyKey",
  "input",
  "password",
  "rawHeaders",
  "token",
  "variables",
];
const secretNamePattern = new RegExp(`^(?:${secretNames.join("|")})$`, "i");

/** Whether a field of this name, in any case, holds a secret or the caller's input. */
export function isSecretName(name: string): boolean {
  return secretNamePattern.test(name);
}

export const redactedText = "[redacted]";

const spellings = [...secretNames, "Authorization"];
const holders = ["caller", "context", "err", "error", "options", "record", "req", "request", "res", "response"];

/**
 * The same fields as paths for pino, on their own and in the objects that they usually are in. Written out: with wildcards
 * one line costs ten times as much.
 */
export const secretPaths: readonly string[] = spellings.flatMap((name) => [
  name,
  ...holders.map((holder) => `${holder}.${name}`),
]);
