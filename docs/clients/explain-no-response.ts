// From contactswing-bff 0.1.0 (3a5b2536): docs/clients/explain-no-response.ts. What changes is in docs/changelog.md.
/** Why a request had no response. */
export type NoResponse = "offline" | "unreachable" | "blocked" | "lost";

/** What to tell the user. */
export const noResponseTexts: Readonly<Record<NoResponse, string>> = {
  offline: "There was no response, because this device is offline. Try again when it is online.",
  unreachable: "There was no response from the service: it cannot be reached now, or its address is wrong.",
  blocked:
    "Nothing was sent: the service's address is wrong, or its CORS_ORIGINS lacks this page's origin. Trying again will not help.",
  lost: "The service's response did not arrive. Try again: the form's key makes sure that only one action is created.",
};

const maxWaitMs = 5000;

/**
 * Finds out why a request had no response. A browser does not tell a lost response from a page that may not read it (CORS),
 * so this asks again in both ways.
 * @param url of the GraphQL endpoint.
 */
export async function findNoResponse(url: string): Promise<NoResponse> {
  if (navigator.onLine === false) return "offline";
  const ask = (options: RequestInit) =>
    fetch(`${url}?query={__typename}`, { ...options, signal: AbortSignal.timeout(maxWaitMs) }).catch(() => undefined);
  if ((await ask({ mode: "no-cors" })) === undefined) return "unreachable";
  const response = await ask({ headers: { "apollo-require-preflight": "1" } });
  if (response === undefined) return "blocked";
  const body: unknown = await response.json().catch(() => undefined);
  const isGraphql = typeof body === "object" && body !== null && ("data" in body || "errors" in body);
  return isGraphql ? "lost" : "unreachable";
}
