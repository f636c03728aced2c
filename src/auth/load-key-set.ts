import { readFile, stat } from "node:fs/promises";

/** Why a key set could not be loaded, in words that name neither its address nor its content. */
export class KeySetProblem extends Error {
  override readonly name = "KeySetProblem";
}

const loadTimeoutMs = 5000;
const maxKeySetBytes = 256 * 1024;

/**
 * Loads a JSON Web Key Set from an http:, https: or file: URL, as parsed JSON that is still to be checked. An answer
 * is taken only with status 200, within 5 s and up to 256 KiB; redirects are not followed, since the address is what
 * the keys are trusted for.
 * @throws KeySetProblem
 */
export async function loadKeySet(url: URL): Promise<unknown> {
  try {
    const bytes = await (url.protocol === "file:" ? readKeyFile(url) : fetchKeySet(url));
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw error instanceof KeySetProblem ? error : new KeySetProblem(describe(error));
  }
}

async function readKeyFile(url: URL): Promise<Buffer> {
  if ((await stat(url)).size > maxKeySetBytes) throw new KeySetProblem("too large");
  return readFile(url);
}

async function fetchKeySet(url: URL): Promise<Buffer> {
  const response = await fetch(url, {
    redirect: "manual",
    headers: { accept: "application/jwk-set+json, application/json" },
    signal: AbortSignal.timeout(loadTimeoutMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new KeySetProblem(`status ${response.status}`);
  }
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  for await (const chunk of response.body ?? []) {
    receivedBytes += chunk.length;
    if (receivedBytes > maxKeySetBytes) throw new KeySetProblem("too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Messages of the platform quote addresses, paths and content; its error codes and names do not. */
function describe(error: unknown): string {
  if (error instanceof SyntaxError) return "not JSON";
  // fetch says why in the cause.
  const { cause, name } = error as Error;
  const { code } = (cause ?? error) as NodeJS.ErrnoException;
  return typeof code === "string" ? code : name;
}
