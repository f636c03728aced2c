const maxMessageLength = 1000;
const maxStackLength = 8000;
/** A message may quote a part of the token, as `JSON.parse` does. A shorter part reveals nothing. */
const minTokenPartLength = 8;
const replacement = "[token]";

const credentialPattern = /\bbearer\s+[^\s,;"']+|\beyJ[\w-]{5,}(?:\.[\w-]*)*/gi;

/**
 * Type, message, and stack trace of anything that was thrown, in the field names of the Elastic Common Schema, without
 * the request's token or any part of it. Nothing else of an error is read: its cause and its own fields may hold a
 * request with its headers. Never throws.
 */
export function serializeError(error: unknown, token?: string): Readonly<Record<string, string>> {
  try {
    if (!(error instanceof Error))
      return { "error.type": typeof error, "error.message": "A value that is not an error was thrown." };
    const type = readType(error);
    const message = removeTokenParts(String(error.message), token);
    // V8 copies the message into the stack, so a line of it may look like one that names code.
    const frames = removeTokenParts(readFrames(error), token);
    return {
      "error.type": type,
      "error.message": message.slice(0, maxMessageLength),
      ...(frames === "" ? {} : { "error.stack_trace": `${type}: ${message}\n${frames}`.slice(0, maxStackLength) }),
    };
  } catch {
    return { "error.type": "Error", "error.message": "An error that cannot be read was thrown." };
  }
}

/** The name of the error's class, which only code can choose, unlike its `name`. */
function readType(error: Error): string {
  const ofClass: unknown = error.constructor;
  return typeof ofClass === "function" && ofClass.name !== "" ? ofClass.name : "Error";
}

/** The lines of the stack that name code. V8 writes the message above them, which may have several lines. */
function readFrames({ stack }: Error): string {
  return String(stack)
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
}

function removeTokenParts(text: string, token = ""): string {
  const withoutCredentials = text.replace(credentialPattern, replacement);
  const parts = new Set<string>();
  for (let start = 0; start + minTokenPartLength <= token.length; start += 1) {
    parts.add(token.slice(start, start + minTokenPartLength));
  }
  let result = "";
  let replacedUntil = 0;
  for (let position = 0; position < withoutCredentials.length; position += 1) {
    const isOutside = position >= replacedUntil;
    if (parts.has(withoutCredentials.slice(position, position + minTokenPartLength))) {
      if (isOutside) result += replacement;
      replacedUntil = position + minTokenPartLength;
    } else if (isOutside) result += withoutCredentials[position];
  }
  return result;
}
