import { connect } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { createMutation, send } from "./helpers/graphql.ts";
import { sendBytes, startRawUpstream } from "./helpers/raw-upstream.ts";
import { startService } from "./helpers/service.ts";
import { type ReceivedRequest, type ScriptedAnswer, startUpstream } from "./helpers/upstream.ts";

// Whatever is the caller's own has this in it: the token, every value, names of variables, headers.
const canary = "Canary7f3a";
const token = `${canary}.to-ken_${canary}`;
const bearer = { authorization: `Bearer ${token}` };
const headers = {
  ...bearer,
  cookie: `session=${canary}`,
  "user-agent": canary,
  "x-request-id": `${canary} is not one`,
  "x-forwarded-for": canary,
  "x-canary": canary,
  traceparent: canary,
  "apollographql-client-name": canary,
};

const input = {
  name: canary,
  description: canary,
  webhook: { name: canary, description: canary, syncModule: canary, syncField: canary },
  idempotencyKey: canary,
};

interface Sinks {
  readonly body: string;
  readonly headers: Headers;
  readonly logLines: readonly string[];
}

function expectNoCanary({ body, headers: answered, logLines }: Sinks, host?: string) {
  expect(logLines.length).toBeGreaterThan(0);
  for (const sink of [body, JSON.stringify([...answered]), ...logLines]) {
    expect(sink.toLowerCase()).not.toContain(canary.toLowerCase());
    expect(sink).not.toMatch(/node_modules|\bat \S+ \(/);
    if (host !== undefined) expect(sink).not.toContain(host);
  }
}

/** Everything that ContactSwing could put the token and the input into, but for the words that are for the caller. */
function echo(status: number, { headers: received, body }: ReceivedRequest): ScriptedAnswer {
  const sent = JSON.parse(body || "{}");
  const secret = received.authorization;
  return {
    status,
    headers: {
      "content-type": "application/json",
      location: `https://${canary}/`,
      "x-echo": String(secret),
      "retry-after": canary,
    },
    body: {
      ctx_id: status === 201 ? 7 : secret,
      data: { sent, secret },
      detail: [400, 403, 409].includes(status)
        ? `Bearer ${token} at https://${canary}.example/${canary}?x=${canary} is bad, says ${canary}.internal:80`
        : [
            {
              type: token,
              loc: ["body", "webhook", "sync_field", canary],
              msg: `${secret} is bad`,
              input: sent,
              ctx: { sent, secret },
              url: `https://${canary}`,
            },
          ],
    },
  };
}

describe("nothing of the caller's is in an error or a log line when", () => {
  test.each([200, 201, 202, 302, 307, 400, 401, 403, 404, 409, 418, 422, 429, 500, 502, 503])(
    "ContactSwing answers %i with all of it",
    async (status) => {
      const upstream = await startUpstream((request) => echo(status, request));
      const { url, logLines } = await startService({ CONTACTSWING_URL: upstream.url });

      const answer = await send(url, { query: createMutation, variables: { input } }, headers);

      expect(answer.body.errors).toHaveLength(1);
      expect(upstream.received).toHaveLength(1);
      expectNoCanary({ body: answer.text, headers: answer.headers, logLines }, new URL(upstream.url).host);
    },
  );

  test.each([200, 404, 422, 500])("ContactSwing answers %i with all of it to a read", async (status) => {
    const upstream = await startUpstream((request) => echo(status, request));
    const { url, logLines } = await startService({ CONTACTSWING_URL: upstream.url });
    const query = "query ($id: ID!) { dataExtractionAction(id: $id) { name } }";

    const answer = await send(url, { query, variables: { id: canary } }, headers);

    expect(upstream.received).toHaveLength(1);
    expectNoCanary({ body: answer.text, headers: answer.headers, logLines });
  });

  test.each<[string, (request: string) => string]>([
    ["a page", (request) => `HTTP/1.1 403 No\r\nContent-Type: text/html\r\n\r\n<html>${request}</html>`],
    ["plain text", (request) => `HTTP/1.1 500 ${canary}\r\nContent-Type: text/plain\r\n\r\n${request}`],
    ["its own request", (request) => request],
    ["a header without end", (request) => `HTTP/1.1 201 Created\r\nX-Echo: ${request.repeat(200)}`],
    [
      "half an answer",
      () => `HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"data":{"action_id":"a","name":"${canary}"`,
    ],
    ["nothing", () => ""],
  ])("ContactSwing answers %s", async (_case, answerTo) => {
    const upstream = await startRawUpstream({
      onRequest: ({ head, body }, socket) => sendBytes(socket, Buffer.from(answerTo(head + body)), "fin"),
    });
    const { url, logLines } = await startService({ CONTACTSWING_URL: `http://127.0.0.1:${upstream.port}` });

    const answer = await send(url, { query: createMutation, variables: { input } }, headers);

    expect(answer.body.errors).toHaveLength(1);
    expectNoCanary({ body: answer.text, headers: answer.headers, logLines }, String(upstream.port));
  });

  test.each([
    ["ContactSwing cannot be reached", { CONTACTSWING_URL: `http://${canary}.invalid` }],
    ["ContactSwing is at a closed port", { CONTACTSWING_URL: `http://127.0.0.1:1/${canary}` }],
    ["ContactSwing has no TLS", { CONTACTSWING_URL: "https://127.0.0.1:1" }],
  ])("%s", async (_case, environment) => {
    const { url, logLines } = await startService(environment);

    const answer = await send(url, { query: createMutation, variables: { input } }, headers);

    expect(answer.body.errors).toHaveLength(1);
    expectNoCanary({ body: answer.text, headers: answer.headers, logLines });
  });

  const long = canary.repeat(1100);
  test.each<[string, unknown]>([
    [
      "too long",
      {
        ...input,
        name: long,
        description: long,
        webhook: { name: long, description: long, syncModule: long, syncField: long },
        idempotencyKey: long,
      },
    ],
    ["with control characters", JSON.parse(JSON.stringify(input).replaceAll(canary, `${canary}\\u0000`))],
    ["with a bad idempotency key", { ...input, idempotencyKey: `${canary} ${canary}` }],
    ["without its sync fields", { name: canary, webhook: { syncData: true } }],
    ["an object where a text goes", { ...input, name: { [canary]: canary } }],
    ["a list where a text goes", { ...input, description: [canary] }],
    ["a text where an object goes", { ...input, webhook: canary }],
    ["a text where a boolean goes", { ...input, webhook: { mandatory: canary, syncData: canary } }],
    ["a value that an enum lacks", { ...input, actionTiming: canary, type: canary, webhook: { type: canary } }],
    ["fields that do not exist", { ...input, [canary]: canary, webhook: { [canary]: { [canary]: 1 } } }],
    ["a text", canary],
  ])("the input is bad: %s", async (_case, bad) => {
    const { url, logLines } = await startService({});

    const answer = await send(url, { query: createMutation, variables: { input: bad, [canary]: canary } }, headers);

    expect(answer.body.errors?.[0]?.extensions.code).toBe("BAD_USER_INPUT");
    expectNoCanary({ body: answer.text, headers: answer.headers, logLines });
  });

  const literal = (name: string, webhook = "{}") =>
    `mutation { createDataExtractionAction(input: { name: ${name}, webhook: ${webhook} }) { ctxId } }`;
  const deep = (open: string, close: string) => `${open.repeat(120)}"${canary}"${close.repeat(120)}`;
  test.each([
    ["an enum value for a text", literal(canary)],
    ["a list for a text", literal(`["${canary}"]`)],
    ["an object for a text", literal(`{ a: "${canary}" }`)],
    ["a deep list for a text", literal(deep("[", "]"))],
    ["a deep object for a text", literal(deep("{ aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: ", " }"))],
    ["a text for a boolean", literal('"n"', `{ mandatory: "${canary}" }`)],
    ["a text for an enum", literal('"n"', `{ type: "${canary}" }`)],
    ["an unknown enum value", literal('"n"', `{ type: ${canary} }`)],
    ["a list for an enum", literal('"n"', `{ type: [${canary}] }`)],
    ["a text for an object", literal('"n"', `"${canary}"`)],
    ["an enum value for an object", literal('"n"', canary)],
    ["a block text for an object", literal('"n"', `"""\n${canary}\n"quoted"\n"""`)],
    ["two words without quotes", literal(`${canary} ${canary}`)],
    ["a text in the wrong place", `mutation { createDataExtractionAction("${canary}") { ctxId } }`],
    ["a text without an end", literal(`"${canary}`)],
    ["a block text without an end", literal(`"""${canary}`)],
    ["a bad escape", literal(`"\\u{${canary}}"`)],
    ["another bad escape", literal(`"\\u${canary}"`)],
    ["a bad number", literal(`1${canary}`)],
    ["a variable that is not used", `query ($${canary}: ID) { __typename }`],
    ["a variable that is not defined", literal(`$${canary}`)],
    [
      "a variable of another type",
      `mutation ($${canary}: Boolean) { createDataExtractionAction(input: { name: $${canary}, webhook: {} }) { ctxId } }`,
    ],
    [
      "a variable defined twice",
      `query ($${canary}: ID!, $${canary}: ID!) { dataExtractionAction(id: $${canary}) { id } }`,
    ],
    ["a variable that is absent", `query ($${canary}: ID!) { dataExtractionAction(id: $${canary}) { id } }`],
    [
      "a variable of a type that does not exist",
      `query ($${canary}: Nope) { dataExtractionAction(id: $${canary}) { id } }`,
    ],
    ["a comment", `{ # ${canary}`],
  ])("the document is bad: %s", async (_case, query) => {
    const { url, logLines } = await startService({});

    const answer = await send(url, { query, operationName: null }, headers);

    expect(answer.status).toBe(400);
    expectNoCanary({ body: answer.text, headers: answer.headers, logLines });
  });

  const json = { ...headers, "content-type": "application/json" };
  test.each<[string, string, RequestInit]>([
    ["no JSON", "/graphql", { method: "POST", headers: json, body: `{"query": ${canary}` }],
    ["not an object", "/graphql", { method: "POST", headers: json, body: `["${canary}"]` }],
    [
      "of another media type",
      "/graphql",
      { method: "POST", headers: { ...headers, "content-type": `text/${canary}` }, body: canary },
    ],
    ["too large", "/graphql", { method: "POST", headers: json, body: canary.repeat(20_000) }],
    [
      "for another operation",
      "/graphql",
      { method: "POST", headers: json, body: `{"query":"query A { __typename }","operationName":"${canary}"}` },
    ],
    [
      "with variables as a text",
      "/graphql",
      { method: "POST", headers: json, body: `{"query":"{ __typename }","variables":"${canary}"}` },
    ],
    [
      "with another persisted query",
      "/graphql",
      {
        method: "POST",
        headers: json,
        body: `{"query":"{ __typename }","extensions":{"persistedQuery":{"version":1,"sha256Hash":"${canary}"}}}`,
      },
    ],
    [
      "with an unknown persisted query",
      "/graphql",
      {
        method: "POST",
        headers: json,
        body: `{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"${canary}"}}}`,
      },
    ],
    ["with variables that are no JSON", `/graphql?query={__typename}&variables=${canary}`, { headers }],
    ["by another method", `/graphql?${canary}`, { method: "PUT", headers: json, body: canary }],
    [
      "for an answer that does not exist",
      "/graphql",
      { method: "POST", headers: { ...json, accept: `text/${canary}` }, body: '{"query":"{ __typename }"}' },
    ],
  ])("the request is %s", async (_case, path, init) => {
    const { url, logLines } = await startService({});

    const response = await fetch(url + path, init);
    const body = await response.text();

    expect(JSON.parse(body).errors).toHaveLength(1);
    expectNoCanary({ body, headers: response.headers, logLines });
  });

  test.each([
    [
      "another path",
      `GET /${canary}?${canary} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    ],
    ["a path that cannot be decoded", `GET /%ff${canary} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`],
    ["a method that does not exist", `${canary.toUpperCase()} /graphql HTTP/1.1\r\nHost: x\r\n\r\n`],
    ["a header that is none", `GET /graphql HTTP/1.1\r\nHost: x\r\n${canary}\r\n\r\n`],
    ["headers that are too large", `GET /graphql HTTP/1.1\r\nHost: x\r\nX-A: ${canary.repeat(4000)}\r\n\r\n`],
  ])("the request has %s", async (_case, bytes) => {
    const { url, logLines } = await startService({});
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    socket.end(bytes);

    let answer = "";
    for await (const chunk of socket) answer += chunk;

    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect((answer + logLines.join("")).toLowerCase()).not.toContain(canary.toLowerCase());
  });

  test("a create succeeds, but for what the answer is asked for", async () => {
    const upstream = await startUpstream(() => ({
      status: 201,
      body: { ctx_id: "c", data: { action_id: "a", name: "n" } },
    }));
    const { url, logLines } = await startService({ CONTACTSWING_URL: upstream.url });

    const answer = await send(url, { query: createMutation, variables: { input } }, headers);

    expect(answer.body.errors).toBeUndefined();
    expectNoCanary({ body: answer.text, headers: answer.headers, logLines });
  });
});
