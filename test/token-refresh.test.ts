import { describe, expect, test } from "@jest/globals";
import { createMutation, minimalInput, onlyError, send, summarize } from "./helpers/graphql.ts";
import { joinToken } from "./helpers/issuer.ts";
import { payloadOf, resultOf } from "./helpers/keyed-requests.ts";
import { startWithUpstream } from "./helpers/service.ts";
import { createdResponse, type ReceivedRequest, type ScriptedResponse } from "./helpers/upstream.ts";

// With JWKS_URL, where a verified subject owns its keys, is in token-verification.test.ts.

let serial = 0;
/** A new token of a subject, as every refresh gives one. */
const tokenOf = (claims: object) => {
  serial += 1;
  return joinToken({ alg: "none" }, { iss: "https://issuer.test", ...claims, jti: serial }, "signature");
};
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

const stored = { name: "N", type: "SINGLEDATAEXTRACTION", is_active: true };
const found: ScriptedResponse = { status: 200, body: { ctx_id: "ctx-read", data: stored } };

async function start(respondToRead: (request: ReceivedRequest) => ScriptedResponse | Promise<never> = () => found) {
  const started = await startWithUpstream(
    (request) => (request.method === "POST" ? createdResponse : respondToRead(request)),
    { UPSTREAM_TIMEOUT_MS: "300" },
  );
  const input = { ...minimalInput, idempotencyKey: "key-1" };
  const createWith = (token: string, changes: object = {}, query = createMutation) =>
    send(started.url, { query, variables: { input: { ...input, ...changes } } }, bearer(token));
  const methods = () => started.upstream.received.map(({ method }) => method);
  return { ...started, createWith, methods };
}

const withDetails = createMutation.replace("id name type", "id name isActive");

test("a refreshed token gets the response once ContactSwing has accepted it for one GET, whose details are returned", async () => {
  const { createWith, methods, upstream } = await start();
  const [first, refreshed] = [tokenOf({ sub: "user-1" }), tokenOf({ sub: "user-1" })];

  await createWith(first);
  const again = await createWith(refreshed, {}, withDetails);

  expect(payloadOf(again)).toEqual({
    ctxId: "ctx-1",
    replayed: true,
    action: { id: "act-1", name: "N", isActive: true },
  });
  expect(methods()).toEqual(["POST", "GET"]);
  expect(upstream.received[1]).toMatchObject({ path: "/v2/_actions/act-1", headers: bearer(refreshed) });
});

test("the token that created the action gets the response without a read", async () => {
  const { createWith, methods } = await start();
  const token = tokenOf({ sub: "user-1" });

  await createWith(token);

  expect(resultOf(await createWith(token))).toBe(true);
  expect(methods()).toEqual(["POST"]);
});

test.each<[string, object, object]>([
  ["two subjects", { sub: "user-1" }, { sub: "user-2" }],
  ["one subject of two issuers", { sub: "user-1" }, { sub: "user-1", iss: "https://other.test" }],
  ["an empty subject", { sub: "" }, { sub: "" }],
  ["a subject that is a number", { sub: 1 }, { sub: 1 }],
  ["no subject", {}, {}],
])("the same key of two tokens with %s are two keys", async (_case, one, another) => {
  const { createWith, methods } = await start();

  const results = [await createWith(tokenOf(one)), await createWith(tokenOf(another))];

  expect(results.map(resultOf)).toEqual([false, false]);
  expect(methods()).toEqual(["POST", "POST"]);
});

const ofApi = (status: number): ScriptedResponse => ({ status, body: { detail: "canary" } });

test.each<[string, ScriptedResponse | "silence", string]>([
  ["401", ofApi(401), "UNAUTHENTICATED UNKNOWN"],
  ["403 Not authenticated", { status: 403, body: { detail: "Not authenticated" } }, "UNAUTHENTICATED UNKNOWN"],
  ["429", ofApi(429), "RATE_LIMITED UNKNOWN retryable"],
  ["503", ofApi(503), "UPSTREAM_ERROR UNKNOWN retryable"],
  ["no response", "silence", "UPSTREAM_TIMEOUT UNKNOWN retryable"],
  ["403", ofApi(403), "OUTCOME_UNKNOWN CREATED"],
  ["404", ofApi(404), "OUTCOME_UNKNOWN CREATED"],
  ["400", ofApi(400), "OUTCOME_UNKNOWN CREATED"],
  ["an action of another kind", { status: 200, body: { data: { type: "OTHER" } } }, "replayed"],
])(
  "%s for that GET decides what a refreshed token gets, never the ID or NOT_CREATED",
  async (_case, response, verdict) => {
    const { createWith, methods } = await start(() =>
      response === "silence" ? new Promise<never>(() => {}) : response,
    );
    await createWith(tokenOf({ sub: "user-1" }));

    const again = await createWith(tokenOf({ sub: "user-1" }));

    expect(summarize(again) ?? "replayed").toBe(verdict);
    if (verdict !== "replayed") expect(again.text).not.toMatch(/act-1|ctx-1|canary/);
    expect(methods()).toEqual(["POST", "GET"]);
  },
);

test("after a failure that says nothing, the same request can be sent again", async () => {
  let isDown = true;
  const { createWith, methods } = await start(() => (isDown ? ofApi(503) : found));
  await createWith(tokenOf({ sub: "user-1" }));
  const refreshed = tokenOf({ sub: "user-1" });

  await createWith(refreshed);
  isDown = false;

  expect(resultOf(await createWith(refreshed))).toBe(true);
  expect(methods()).toEqual(["POST", "GET", "GET"]);
});

describe("whoever makes up somebody's subject", () => {
  test("learns nothing without the key and the input, and does not use up the key", async () => {
    const { createWith, methods } = await start(({ headers }) =>
      ofApi(headers.authorization?.includes("forged") ? 401 : 200),
    );
    const forged = `${tokenOf({ sub: "user-1" })}forged`;
    const token = tokenOf({ sub: "user-1" });

    await createWith(token);
    const withOtherInput = await createWith(forged, { name: "guessed" });
    const withBoth = await createWith(forged);

    expect(onlyError(withOtherInput).extensions.code).toBe("IDEMPOTENCY_KEY_REUSED");
    expect(summarize(withBoth)).toBe("UNAUTHENTICATED UNKNOWN");
    expect(resultOf(await createWith(token))).toBe(true);
    expect(methods()).toEqual(["POST", "GET"]);
  });

  test("has no share in the caller's capacity", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { url, upstream } = await startWithUpstream(
      async () => {
        await promise;
        return found;
      },
      { MAX_IN_FLIGHT_PER_CALLER: "1" },
    );
    const read = () =>
      send(url, { query: '{ dataExtractionAction(id: "a") { name } }' }, bearer(tokenOf({ sub: "user-1" })));

    const both = [read(), read()];
    while (upstream.received.length < 2) await new Promise((next) => setTimeout(next, 10));
    resolve();

    expect((await Promise.all(both)).map(({ body }) => body.errors)).toEqual([undefined, undefined]);
  });
});
