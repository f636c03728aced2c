import { request } from "node:http";
import { inspect } from "node:util";
import { expect, test } from "@jest/globals";
import { BearerToken } from "../src/auth/bearer-token.ts";
import { createLogger } from "../src/telemetry/logger.ts";
import { create, createMutation, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

async function start() {
  const upstream = await startUpstream();
  return { upstream, ...(await startService({ CONTACTSWING_URL: upstream.url })) };
}

const unauthenticated = { code: "UNAUTHENTICATED", outcome: "NOT_CREATED", retryable: false };

test.each([
  ["is missing", {}],
  ["is empty", { authorization: "" }],
  ["has another scheme", { authorization: "Basic dXNlcjpwYXNz" }],
  ["has no token", { authorization: "Bearer " }],
  ["has two tokens", { authorization: "Bearer a b" }],
  ["has characters outside RFC 6750", { authorization: "Bearer a,b" }],
  ["has padding in the middle", { authorization: "Bearer a=b" }],
  ["has a parameter", { authorization: 'Bearer token="a"' }],
])("answers UNAUTHENTICATED and calls nobody when the token %s", async (_case, headers) => {
  const { upstream, url } = await start();

  const answer = await create(url, minimalInput, headers as Record<string, string>);

  expect(answer.status).toBe(200);
  expect(onlyError(answer).extensions).toMatchObject(unauthenticated);
  expect(onlyError(answer).extensions.requestId).toBe(answer.headers.get("x-request-id"));
  expect(upstream.received).toEqual([]);
});

test("looks at the token before the input", async () => {
  const { url } = await start();

  const { extensions } = onlyError(await create(url, { name: "", webhook: {} }, {}));

  expect(extensions).toMatchObject(unauthenticated);
  expect(extensions.fieldErrors).toBeUndefined();
});

test("refuses more than one Authorization header, though node would keep the first", async () => {
  const { upstream, url } = await start();

  const text = await new Promise<string>((resolve, reject) => {
    const call = request(`${url}/graphql`, { method: "POST" }, async (response) => {
      let body = "";
      for await (const chunk of response) body += chunk;
      resolve(body);
    });
    call.once("error", reject);
    call.setHeader("content-type", "application/json");
    call.setHeader("authorization", ["Bearer first", "Bearer second"]);
    call.end(JSON.stringify({ query: createMutation, variables: { input: minimalInput } }));
  });

  expect(JSON.parse(text).errors[0].extensions).toMatchObject(unauthenticated);
  expect(upstream.received).toEqual([]);
});

test.each(["Bearer abc", "bearer abc", "BEARER   abc", "Bearer A-Za-z0-9._~+/=="])(
  "forwards %j unchanged",
  async (authorization) => {
    const { upstream, url } = await start();

    await create(url, minimalInput, { authorization });

    expect(upstream.received[0]?.headers.authorization).toBe(authorization);
  },
);

test("asks for a token on reads too, but not for introspection and the subgraph's SDL", async () => {
  const { upstream, url } = await start();

  const read = await send(url, { query: '{ dataExtractionAction(id: "a") { id } }' }, {});
  const open = await send(url, { query: "{ __typename _service { sdl } __schema { queryType { name } } }" }, {});

  expect(onlyError(read).extensions.code).toBe("UNAUTHENTICATED");
  expect(onlyError(read).extensions.outcome).toBeUndefined();
  expect(open.body.errors).toBeUndefined();
  expect(upstream.received).toEqual([]);
});

test("says nothing of the token however it is printed", () => {
  const token = BearerToken.parse("Bearer canary-token");
  const lines: string[] = [];
  const logger = createLogger("trace", { write: (line) => lines.push(line) });
  logger.info({ token, nested: { token } }, `as text: ${token}`);

  expect(token?.reveal()).toBe("canary-token");
  expect(lines).toEqual([expect.stringContaining("as text: [bearer token]")]);
  const printed = [
    String(token),
    JSON.stringify({ token }),
    inspect({ token }, { showHidden: true, depth: 9 }),
    ...lines,
  ];

  expect(printed.join("\n")).not.toContain("canary");
  expect(Object.keys(token ?? {})).toEqual([]);
});
