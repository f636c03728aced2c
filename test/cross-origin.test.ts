import { expect, test } from "@jest/globals";
import { authorized, send } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";

const listed = { CORS_ORIGINS: "https://app.example, http://localhost:3000" };

const corsHeaders = (headers: Headers) => [...headers.keys()].filter((name) => name.startsWith("access-control-"));

const preflight = (url: string, origin: string, path = "/graphql") =>
  fetch(`${url}${path}`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,x-request-id",
    },
  });

test.each(["https://app.example", "http://localhost:3000"])(
  "lets a page of %s ask first and then call",
  async (origin) => {
    const { url, logLines } = await startService(listed);

    const asked = await preflight(url, origin);
    const called = await send(url, { query: "{ __typename }" }, { ...authorized, origin });

    expect(asked.status).toBe(204);
    expect(Object.fromEntries([...asked.headers].filter(([name]) => /^(access-control-|vary)/.test(name)))).toEqual({
      "access-control-allow-origin": origin,
      "access-control-allow-methods": "GET, POST",
      "access-control-allow-headers":
        "authorization, content-type, x-request-id, traceparent, x-apollo-operation-name, apollo-require-preflight",
      "access-control-expose-headers": "x-request-id, retry-after",
      "access-control-max-age": "3600",
      vary: "Origin",
    });
    expect(called.body).toEqual({ data: { __typename: "Query" } });
    expect(called.headers.get("access-control-allow-origin")).toBe(origin);
    expect(called.headers.get("access-control-expose-headers")).toBe("x-request-id, retry-after");
    expect(called.headers.get("vary")).toBe("Origin");
    // The preflight is no GraphQL request.
    expect(logLines).toHaveLength(1);
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
])("gives no page of %s leave to read", async (origin) => {
  const { url } = await startService(listed);

  const asked = await preflight(url, origin);
  const called = await send(url, { query: "{ __typename }" }, { ...authorized, origin });

  for (const { headers } of [asked, called]) {
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("access-control-allow-credentials")).toBeNull();
    expect(headers.get("vary")).toBe("Origin");
  }
});

test("lets a listed page read refusals too", async () => {
  const { url } = await startService(listed);
  const origin = "https://app.example";

  const refused = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { origin, "content-type": "application/json" },
    body: "x".repeat(200_000),
  });

  expect(refused.status).toBe(413);
  expect(refused.headers.get("access-control-allow-origin")).toBe(origin);
});

test("has no CORS header and takes no preflight without a list", async () => {
  const { url } = await startService({});
  const origin = "https://app.example";

  const asked = await preflight(url, origin);
  const called = await send(url, { query: "{ __typename }" }, { ...authorized, origin });

  expect(asked.status).toBe(405);
  expect(asked.headers.get("allow")).toBe("GET, POST");
  expect(corsHeaders(asked.headers)).toEqual([]);
  expect(corsHeaders(called.headers)).toEqual([]);
  expect(called.headers.get("vary")).toBeNull();
});
