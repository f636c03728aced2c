/** Fields that hold a secret or the caller's input wherever they occur, in lower case. */
export const secretNames: ReadonlySet<string> = new Set([
  "authorization",
  "body",
  "cookie",
  "headers",
  "idempotencykey",
  "input",
  "password",
  "rawheaders",
  "token",
  "variables",
]);

export const redactedText = "[redacted]";

const spellings = [...secretNames, "Authorization", "idempotencyKey", "rawHeaders"];
const holders = ["caller", "context", "err", "error", "options", "record", "req", "request", "res", "response"];

/**
 * The same fields as paths, on their own and in the objects that they usually are in. Written out: with wildcards
 * one line costs ten times as much.
 */
export const secretPaths: readonly string[] = spellings.flatMap((name) => [
  name,
  ...holders.map((holder) => `${holder}.${name}`),
]);
