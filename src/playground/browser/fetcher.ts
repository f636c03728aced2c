import type { Fetcher } from "@graphiql/toolkit";

const settingsPath = "graphql/playground";

/** Reads a file that the service generates: `settings.json` or `schema.json`. */
export async function readFile<Content>(name: string): Promise<Content> {
  const response = await fetch(`${settingsPath}/${name}`);
  return response.json();
}

/** Sends operations to the address of the page; a failure to reach it is an error that a person can read. */
export function createFetcher(addHeaders: () => Readonly<Record<string, string>>): Fetcher {
  return async (params, options) => {
    try {
      // Without federation's own types, which introspection has.
      if (params.operationName === "IntrospectionQuery") return await readFile("schema.json");
      const response = await fetch(location.pathname, {
        method: "POST",
        headers: { ...options?.headers, ...addHeaders(), "content-type": "application/json" },
        body: JSON.stringify(params),
      });
      const text = await response.text();
      try {
        return JSON.parse(text);
      } catch {
        return { errors: [{ message: `The response is not JSON (HTTP status ${response.status}).` }] };
      }
    } catch {
      return { errors: [{ message: "The service cannot be reached. Is it still running?" }] };
    }
  };
}
