import type { Fetcher, FetcherParams } from "@graphiql/toolkit";

/**
 * Sends operations to the address that the page itself came from. The first introspection is answered by the schema's
 * file, which the browser keeps; a later one ("re-fetch") asks the service.
 */
export function createFetcher(schemaUrl: string): Fetcher {
  let isSchemaAsked = false;

  return async (params: FetcherParams, options) => {
    if (params.operationName === "IntrospectionQuery" && !isSchemaAsked) {
      isSchemaAsked = true;
      const response = await fetch(schemaUrl);
      if (response.ok) return response.json();
    }
    const response = await fetch(location.pathname, {
      method: "POST",
      headers: { ...options?.headers, "content-type": "application/json" },
      body: JSON.stringify(params),
    });
    return response.json();
  };
}
