import { expect, test } from "@jest/globals";
import { createMutation, send } from "./helpers/graphql.ts";
import { scrape } from "./helpers/metrics.ts";
import { startOtlpReceiver } from "./helpers/otlp-receiver.ts";
import { startRawUpstream } from "./helpers/raw-upstream.ts";
import { startService } from "./helpers/service.ts";
import { type ReceivedRequest, type ScriptedResponse, startUpstream } from "./helpers/upstream.ts";

// Everything of the caller's contains one of these: the token, every value, names of variables, and headers.
const canary = "Canary7f3a";
const token = `Vq8Zt0.${canary}.K3n5-xW_w9`;
const headers = {
  authorization: `Bearer ${token}`,
  cookie: `session=${canary}`,
  "user-agent": canary,
  "x-request-id": `${canary} is not one`,
  "x-forwarded-for": canary,
  traceparent: canary,
  tracestate: `a=${canary}`,
  baggage: `a=${canary}`,
  "apollographql-client-name": token,
  "apollographql-client-version": `of ${token}`,
};
const input = {
  name: canary,
  description: canary,
  webhook: { name: canary, description: canary, syncModule: canary, syncField: canary },
  idempotencyKey: canary,
};
const create = { query: createMutation, variables: { input } };
const readById = { query: "query ($id: ID!) { dataExtractionAction(id: $id) { id } }", variables: { id: canary } };

/** Every part of the token of 8 characters: a shorter one says nothing. */
const tokenParts = Array.from({ length: token.length - 7 }, (_, start) => token.slice(start, start + 8));

function expectNoLeak(sinks: Readonly<Record<string, string>>): void {
  for (const [sink, text] of Object.entries(sinks)) {
    const leaks = [...text.matchAll(new RegExp(canary, "gi")), ...tokenParts.filter((part) => text.includes(part))];
    expect({ sink, leaks }).toEqual({ sink, leaks: [] });
  }
}

/** The service with a receiver of traces; `expectNoLeaks` stops it and looks into everything that it wrote. */
async function startObserved(environment: Record<string, string> = {}) {
  const receiver = await startOtlpReceiver();
  const settings = { ...environment, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
  const { url, service, logLines } = await startService(settings);
  return {
    url,
    async expectNoLeaks(...responses: readonly { readonly text: string; readonly headers?: Headers }[]) {
      const metrics = (await scrape(url)).text;
      await service.stop();
      expect(logLines).not.toEqual([]);
      const traces = receiver.exports.map(({ body }) => body.toString("latin1")).join("");
      const sent = responses.map(({ text, headers }) => text + JSON.stringify([...(headers ?? [])]));
      expectNoLeak({ response: sent.join(), log: logLines.join(""), metrics, traces });
    },
  };
}

/** Everything that ContactSwing could repeat, except in texts that are meant for the caller; with 201 it creates. */
function echo(status: number, { headers: received, body }: ReceivedRequest): ScriptedResponse {
  const sent = JSON.parse(body || "{}");
  const secret = String(received.authorization);
  const isText = [400, 403, 409].includes(status);
  const loc = ["body", "webhook", "sync_field", canary];
  const problem = { loc, msg: `${secret} is bad`, type: token, input: sent, url: `https://${canary}` };
  return {
    status,
    headers: { location: `https://${canary}/`, "x-echo": secret, "retry-after": canary },
    body: {
      ctx_id: status === 201 ? 7 : secret,
      data: { sent, secret, ...(status === 201 && { action_id: "a", name: "N" }) },
      detail: isText ? `${secret} at https://${canary}.example/${canary} is bad, so is ${token}` : [problem],
    },
  };
}

const statuses = [200, 201, 202, 307, 400, 401, 403, 404, 409, 418, 422, 429, 500, 503];
test.each(statuses)("ContactSwing's response %i that repeats everything leaks nothing", async (status) => {
  const upstream = await startUpstream((request) => echo(status, request));
  const { url, expectNoLeaks } = await startObserved({ CONTACTSWING_URL: upstream.url });

  const created = await send(url, create, headers);
  const read = await send(url, readById, headers);

  expect(upstream.received).toHaveLength(2);
  expect(upstream.received[0]?.body).toContain(canary);
  expect(created.body.errors === undefined).toBe(status === 201);
  await expectNoLeaks(created, read);
});

test.each<[string, (request: string) => string]>([
  ["a page", (request) => `HTTP/1.1 403 No\r\nContent-Type: text/html\r\n\r\n<html>${request}</html>`],
  ["plain text", (request) => `HTTP/1.1 500 ${canary}\r\nContent-Type: text/plain\r\n\r\n${request}`],
  ["its own request", (request) => request],
  ["an endless header", (request) => `HTTP/1.1 201 Created\r\nX-Echo: ${request.repeat(200)}`],
  ["half a body", () => `HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"data":{"name":"${token}"`],
  ["nothing", () => ""],
])("a response that is %s leaks nothing", async (_case, respond) => {
  const { port } = await startRawUpstream({ onRequest: ({ head, body }, socket) => socket.end(respond(head + body)) });
  const { url, expectNoLeaks } = await startObserved({ CONTACTSWING_URL: `http://127.0.0.1:${port}` });

  const response = await send(url, create, headers);

  expect(response.body.errors).toHaveLength(1);
  await expectNoLeaks(response);
});

// The operator's traces name the configured address; the caller and the log do not.
const unreachable = [`http://${canary}.invalid`, `http://127.0.0.1:1/${canary}`];
test.each(unreachable)("a ContactSwing at %s that cannot be reached leaks nothing", async (CONTACTSWING_URL) => {
  const { url, logLines } = await startService({ CONTACTSWING_URL });

  const { text } = await send(url, create, headers);

  expectNoLeak({ text, log: logLines.join("") });
});

const long = canary.repeat(1100);
const badInputs: Record<string, unknown> = {
  "that is too long": { name: long, description: long, webhook: { name: long }, idempotencyKey: long },
  "with control characters": JSON.parse(JSON.stringify(input).replaceAll(canary, `${canary}\\u0000`)),
  "with other types": { name: { [canary]: canary }, description: [canary], webhook: { mandatory: canary } },
  "with unknown enum values": { ...input, actionTiming: canary, type: canary, webhook: { type: canary } },
  "with unknown fields": { ...input, [canary]: canary, webhook: { [canary]: { [canary]: 1 } } },
  "that is text": canary,
};
const literal = (name: string) =>
  `mutation { createDataExtractionAction(input: { name: ${name}, webhook: {} }) { ctxId } }`;
const badDocuments = [
  literal(canary),
  literal(`${"[".repeat(120)}"${canary}"${"]".repeat(120)}`),
  literal(`"${canary}`),
  literal(`"\\u{${canary}}"`),
  literal(`$${canary}`),
  `mutation { createDataExtractionAction("${canary}") { ctxId } }`,
  `query ($${canary}: Boolean) { dataExtractionAction(id: $${canary}) { id } }`,
  `query ($${canary}: ID!) { dataExtractionAction(id: $${canary}) { id } }`,
];
const client = { "apollographql-client-name": "app", "apollographql-client-version": "1" };
const json = { ...headers, "content-type": "application/json" };
const post = (body: unknown, more: object = client): RequestInit => ({
  method: "POST",
  headers: { ...json, ...more },
  body: typeof body === "string" ? body : JSON.stringify(body),
});
const typename = { query: "{ __typename }" };
const persistedQuery = { version: 1, sha256Hash: canary };
test.each<[string, RequestInit, string?]>([
  ...Object.entries(badInputs).map(([name, bad]): [string, RequestInit] => [
    `with an input ${name}`,
    post({ query: createMutation, variables: { input: bad, [canary]: canary } }, {}),
  ]),
  ["that is not JSON", post(`{"query": ${canary}`)],
  ["that is not an object", post([canary])],
  ["of another media type", post(canary, { "content-type": `text/${canary}` })],
  ["in another encoding", post(canary, { "content-encoding": canary })],
  ["that is too large", post(canary.repeat(30_000))],
  ["with variables as text", post({ ...typename, variables: canary })],
  ["with another persisted query", post({ ...typename, extensions: { persistedQuery } })],
  ["with an unknown persisted query", post({ extensions: { persistedQuery } })],
  ["with variables that are not JSON", { headers: json }, `?query={__typename}&variables=${canary}`],
  ["by another method", { method: "PUT", headers: { ...json, ...client }, body: canary }, `?${canary}`],
  ["for an unacceptable response", post(typename, { ...client, accept: `text/${canary}` })],
  ["with two tokens", post(create, { authorization: `Bearer ${token} ${token}` })],
  ["with another scheme", post(create, { authorization: `Basic ${token}` })],
  [
    "without a readable token, named as it",
    post({ query: `query ${canary} { dataExtractionAction(id: 1) { id } }` }, { authorization: token }),
  ],
  ["whose ID is the token", post({ query: "{ nope }" }, { "x-request-id": token })],
  ["named as the token", post({ query: `query ${canary} { nope }` }, { ...client, authorization: `Bearer ${canary}` })],
  ["that misspells its token", post({ query: `{ ${canary} }` }, { ...client, authorization: `Bearer ${canary}` })],
])("a request %s leaks nothing", async (_case, init, search = "") => {
  const { url, expectNoLeaks } = await startObserved();

  const response = await fetch(`${url}/graphql${search}`, init);

  const text = await response.text();
  expect(text).toContain('"errors":[');
  await expectNoLeaks({ text, headers: response.headers });
});

test.each([
  ...badDocuments.map((query): [string, Record<string, unknown>] => [query.slice(0, 150), { query }]),
  ["another operation", { query: "query A { __typename }", operationName: canary }],
])("a rejected document is quoted to its caller and nowhere else: %s", async (_case, request) => {
  const { url, expectNoLeaks } = await startObserved();

  const { body, headers: responseHeaders } = await send(url, request, { ...headers, ...client });

  expect(body.errors).not.toEqual([]);
  expect(JSON.stringify(body)).not.toContain(token);
  await expectNoLeaks({ text: "", headers: responseHeaders });
});
