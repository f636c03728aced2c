import { findBundledPosition } from "./bundled-position.ts";

/** What may be written down of an error: nothing that anybody else has put into it. */
export interface ErrorDescription {
  readonly type: string;
  /** File and line of our own code that the error came from, when there is one. */
  readonly origin?: string;
}

// In the bundle a name that it has twice, or that a class uses for itself, has a number behind or an underscore before it.
const namePattern = /^_?([A-Z][A-Za-z]{0,63})\d{0,2}$/;
// V8 writes `Name: message`, Node.js `Name [CODE]: message`, and the name alone where there is no message.
const headPattern = /^[A-Za-z][\w.]{0,63}(?: \[\w+\])?(?:: |(?=\n))/;
const ownFramePattern = /^\s+at .*[\\/](?:src|dist)[\\/]([\w./\\-]+\.[jt]s:\d+)/;
const bundledFramePattern = /^\s+at .*[\\/]dist[\\/]server\.cjs:(\d+):(\d+)/;

/**
 * An error's name and where in our own code it came from. Its message may quote the caller's input, its stack repeats
 * the message, its cause and its own fields may hold a request with the token: none of them is read out.
 */
export function describeError(error: unknown): ErrorDescription {
  const type = readErrorType(error);
  try {
    const origin = error instanceof Error ? findOrigin(error) : undefined;
    return origin === undefined ? { type } : { type, origin };
  } catch {
    return { type };
  }
}

/** The class of an error, without the search for where it came from. */
export function readErrorType(error: unknown): string {
  try {
    return error instanceof Error ? readClassName(error) : typeof error;
  } catch {
    return "Error";
  }
}

/** The class as the code names it: an error's own `name` is data, and may be anything. */
function readClassName(error: Error): string {
  const name: unknown = Object.getPrototypeOf(error).constructor.name;
  return (typeof name === "string" && namePattern.exec(name)?.[1]) || "Error";
}

function findOrigin({ message, stack }: Error): string | undefined {
  if (typeof stack !== "string" || typeof message !== "string") return undefined;
  // A name and a message can hold lines that look like frames: what comes after them is trusted, and only when they
  // are in the stack as they are now.
  const name = headPattern.exec(stack)?.[0];
  if (name === undefined || !stack.startsWith(`${message}\n`, name.length)) return undefined;
  return stack
    .slice(name.length + message.length)
    .split("\n")
    .filter((line) => !line.includes("node_modules"))
    .map(readPosition)
    .find((origin) => origin !== undefined);
}

function readPosition(frame: string): string | undefined {
  const [, line, column] = bundledFramePattern.exec(frame) ?? [];
  if (line === undefined) return ownFramePattern.exec(frame)?.[1];
  return findBundledPosition(Number(line), Number(column));
}
