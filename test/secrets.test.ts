import { request } from "node:http";
import { expect, test } from "@jest/globals";
import { create, createMutation, send } from "./helpers/graphql.ts";
import { scrape } from "./helpers/metrics.ts";
import { startOtlpReceiver } from "./helpers/otlp-receiver.ts";
import { startService } from "./helpers/service.ts";
import { createdAnswer, type ScriptedAnswer, startUpstream } from "./helpers/upstream.ts";

// One for each place that a secret or an input can come from, so that a leak says where it is from.
const tokenCanary = "canary-token-3f9a";
const inputCanary = "canary-input-71bc";
const keyCanary = "canary-key-0d2e";
const idCanary = "canary-id-58aa";
const headerCanary = "canary-header-c4d1";
const literalCanary = "canary-literal-e603";
const upstreamCanary = "canary-upstream-99f0";

const headers = {
  authorization: `Bearer ${tokenCanary}`,
  cookie: headerCanary,
  "x-forwarded-for": headerCanary,
  "user-agent": headerCanary,
  traceparent: headerCanary,
  tracestate: `a=${headerCanary}`,
  baggage: `a=${headerCanary}`,
  "x-request-id": `${headerCanary} with a blank`,
};
const text = (what: string) => `${what} ${inputCanary}`;
const input = {
  name: text("name"),
  description: text("description"),
  idempotencyKey: keyCanary,
  webhook: {
    name: text("field"),
    description: text("prompt"),
    syncData: true,
    syncModule: text("module"),
    syncField: text("column"),
  },
};

/** Answers that say back everything that they were told, and more. */
const echo = `${upstreamCanary} Bearer ${tokenCanary} ${inputCanary} http://internal.example/${tokenCanary}`;
const upstreamAnswers: readonly (readonly [string, ScriptedAnswer])[] = [
  ["created", createdAnswer],
  [
    "created, with the token for a ctx_id",
    { ...createdAnswer, body: { ctx_id: tokenCanary, data: { action_id: "a" } } },
  ],
  ["400", { status: 400, body: { detail: echo } }],
  ["401", { status: 401, body: { detail: echo } }],
  ["403", { status: 403, body: { detail: echo } }],
  ["409", { status: 409, body: { detail: { message: echo } } }],
  [
    "422",
    {
      status: 422,
      body: { detail: [{ type: echo, loc: ["body", "webhook", echo], msg: echo, input: echo, ctx: { error: echo } }] },
    },
  ],
  ["429", { status: 429, headers: { "retry-after": echo }, body: echo }],
  ["500", { status: 500, headers: { "x-error": upstreamCanary }, body: echo }],
  ["a page", { status: 404, headers: { "content-type": "text/html" }, body: `<html>${echo}</html>` }],
  ["a redirect", { status: 307, headers: { location: `http://internal.example/${tokenCanary}` } }],
  ["not JSON", { status: 201, body: `{"data": ${echo}` }],
  ["an action of another form", { status: 200, body: { data: { action_id: { echo }, name: echo } } }],
];

/** Every kind of request that a caller can send, good and bad. */
async function sendEverything(url: string): Promise<void> {
  await create(url, input, headers);
  await send(
    url,
    { query: `{ dataExtractionAction(id: "${idCanary}") { id name isActive webhook { name } } }` },
    headers,
  );
  const representations = [{ __typename: "DataExtractionAction", id: idCanary }];
  await send(
    url,
    {
      query: "query ($r: [_Any!]!) { _entities(representations: $r) { ... on DataExtractionAction { name } } }",
      variables: { r: representations },
    },
    headers,
  );
  // Broken rules, variables that cannot be coerced, documents that do not parse or are not valid.
  await create(url, { ...input, name: "", webhook: { syncData: true } }, headers);
  await create(url, { ...input, name: { [inputCanary]: 1 }, [inputCanary]: inputCanary }, headers);
  await create(url, { ...input, webhook: { type: inputCanary } }, headers);
  await send(url, { query: `{ dataExtractionAction(id: "${literalCanary}` }, headers);
  await send(url, { query: `{ dataExtractionAction(id: {a: "${literalCanary}"}) { id } }` }, headers);
  await send(url, { query: `mutation { createDataExtractionAction(input: "${literalCanary}") { ctxId } }` }, headers);
  await send(url, { query: createMutation, operationName: literalCanary, variables: { input } }, headers);
  await send(url, { extensions: { persistedQuery: { version: 1, sha256Hash: literalCanary } } }, headers);
  await send(url, { query: createMutation, variables: literalCanary }, headers);
  // Requests that are not GraphQL, tokens that are not tokens.
  const query = new URLSearchParams({ query: `{ dataExtractionAction(id: "${literalCanary}") { id } }` });
  await fetch(`${url}/graphql?${query}`, { headers });
  await fetch(`${url}/graphql?${query}`, { method: "PUT", headers, body: literalCanary });
  await fetch(`${url}/${literalCanary}?${query}`, { headers });
  const post = { method: "POST", headers: { ...headers, "content-type": "application/json" } };
  await fetch(`${url}/graphql`, { ...post, body: `{"query": ${literalCanary}` });
  await fetch(`${url}/graphql`, { ...post, body: JSON.stringify({ query: literalCanary.repeat(9000) }) });
  await create(url, input, { ...headers, authorization: `Basic ${tokenCanary}` });
  await create(url, input, { ...headers, authorization: `Bearer ${tokenCanary} ${tokenCanary}` });
  await abort(url);
}

/** A create whose caller leaves before its answer. */
async function abort(url: string): Promise<void> {
  const call = request(`${url}/graphql`, { ...{ method: "POST" }, headers: { ...headers, "content-length": 1000 } });
  call.once("error", () => {});
  const gone = new Promise((resolve) => call.once("close", resolve));
  call.write(JSON.stringify({ query: createMutation, variables: { input } }), () => call.destroy());
  await gone;
}

test.each(upstreamAnswers)(
  "no log line, metric or span holds the token or the input when ContactSwing answers: %s",
  async (_case, answer) => {
    const receiver = await startOtlpReceiver();
    const upstream = await startUpstream(() => answer);
    const { url, service, logLines } = await startService({
      CONTACTSWING_URL: upstream.url,
      LOG_LEVEL: "trace",
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    });

    await sendEverything(url);
    await upstream.close();
    await create(url, input, headers);
    const metrics = (await scrape(url)).text;
    await service.stop();

    // What went in did reach ContactSwing: the canaries are real.
    const [first] = upstream.received;
    expect(first?.headers.authorization).toContain(tokenCanary);
    expect(first?.body).toContain(inputCanary);
    expect(logLines.length).toBeGreaterThan(15);
    expect(receiver.spans.length).toBeGreaterThan(30);
    for (const sink of [logLines.join(""), metrics, ...receiver.exports.map(({ body }) => body.toString("latin1"))]) {
      expect(sink).not.toMatch(/canary/i);
    }
  },
);
