import { expect, test } from "@jest/globals";
import { authorized, send } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";

const listed = { CORS_ORIGINS: "https://app.example, http://localhost:3000" };
const query = { query: "{ __typename }" };

const corsHeaders = (headers: Headers) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-") || name === "vary"));

const preflight = (url: string, origin: string) =>
  fetch(`${url}/graphql`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,apollographql-client-name",
    },
  });

test.each(["https://app.example", "http://localhost:3000"])(
  "lets pages of %s send requests and read responses",
  async (origin) => {
    const { url, logLines } = await startService(listed);

    const allowed = await preflight(url, origin);
    const response = await send(url, query, { ...authorized, origin });
    const rejection = await fetch(`${url}/graphql`, { method: "POST", headers: { origin }, body: "x" });

    expect(allowed.status).toBe(204);
    expect(corsHeaders(allowed.headers)).toEqual({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers":
        "authorization, content-type, x-request-id, traceparent, tracestate, baggage, sentry-trace, " +
        "x-apollo-operation-name, apollo-require-preflight, apollographql-client-name, apollographql-client-version",
      "access-control-expose-headers": "x-request-id, retry-after",
      "access-control-max-age": "3600",
      vary: "Origin",
    });
    expect(rejection.status).toBe(415);
    for (const { headers } of [response, rejection]) {
      expect(corsHeaders(headers)).toEqual({
        "access-control-allow-origin": origin,
        "access-control-expose-headers": "x-request-id, retry-after",
        vary: "Origin",
      });
    }
    // The preflight request is not a GraphQL request.
    expect(logLines).toHaveLength(2);
  },
);

test.each([
  "https://evil.example",
  "http://app.example",
  "https://app.example:8443",
  "https://sub.app.example",
  "https://app.example.evil.example",
  "https://APP.example",
  "null",
])("lets no page of %s read a response", async (origin) => {
  const { url } = await startService(listed);

  for (const { headers } of [await preflight(url, origin), await send(url, query, { ...authorized, origin })]) {
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("access-control-allow-credentials")).toBeNull();
    expect(headers.get("vary")).toBe("Origin");
  }
});

test("sends no CORS header and rejects preflight requests without CORS_ORIGINS", async () => {
  const { url } = await startService({});

  const rejected = await preflight(url, "https://app.example");
  const response = await send(url, query, { ...authorized, origin: "https://app.example" });

  expect(rejected.status).toBe(405);
  expect(rejected.headers.get("allow")).toBe("GET, POST");
  expect([corsHeaders(rejected.headers), corsHeaders(response.headers)]).toEqual([{}, {}]);
});
