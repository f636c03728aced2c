// From contactswing-bff 0.1.0 (74a24ea0): docs/clients/explain-no-response.ts. What changes is in docs/changelog.md.
/** Why a request had no response. */
export type NoResponse = "offline" | "unreachable" | "blocked" | "lost";

/** What to tell the user. */
export const noResponseTexts: Readonly<Record<NoResponse, string>> = {
  offline: "There was no response, because this device is offline. Try again when it is online.",
  unreachable: "There was no response: the service cannot be reached, or its address is wrong. Try again later.",
  blocked:
    "The browser does not let this page use the service: its address is wrong, or its CORS_ORIGINS lacks this page's origin. Trying again will not help.",
  lost: "The service's response did not arrive. Try again: the form's key makes sure that only one action is created.",
};

/**
 * Finds out why a request had no response. A browser does not tell a lost response from a page that may not read it (CORS),
 * so this asks again in both ways.
 * @param url of the GraphQL endpoint.
 */
export async function findNoResponse(url: string): Promise<NoResponse> {
  if (navigator.onLine === false) return "offline";
  const succeeds = (options: RequestInit) =>
    fetch(`${url}?query={__typename}`, options).then(
      () => true,
      () => false,
    );
  if (!(await succeeds({ mode: "no-cors" }))) return "unreachable";
  return (await succeeds({ headers: { "apollo-require-preflight": "1" } })) ? "lost" : "blocked";
}
