import { expect, test } from "@jest/globals";
import { extraction, list, other, pageOf } from "./helpers/action-list.ts";
import { create, minimalInput, onlyError, send, summarize } from "./helpers/graphql.ts";
import { keyed, resultOf, startHeldUpstream } from "./helpers/keyed-requests.ts";
import { eventually } from "./helpers/process.ts";
import { startService, startWithUpstream } from "./helpers/service.ts";
import { createdResponse, type Respond } from "./helpers/upstream.ts";

const after =
  (milliseconds: number, respond: Respond): Respond =>
  async (request, socket) => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return respond(request, socket);
  };
const deadline = { REQUEST_TIMEOUT_MS: "1000" };

test("a list that takes too long ends, and requests no more pages", async () => {
  const rows = Array.from({ length: 1000 }, (_, index) => (index === 999 ? extraction(1) : other(index)));
  const { upstream, url } = await startWithUpstream(
    after(300, (request) => pageOf(rows, request)),
    deadline,
  );

  const response = await list(url);
  const requested = upstream.received.length;

  expect(summarize(response)).toBe("UPSTREAM_TIMEOUT retryable");
  expect(response.body.data).toEqual({ dataExtractionActions: null });
  expect(requested).toBeLessThan(6);
});

test("of several create requests, those that were sent are awaited, and the others are not sent", async () => {
  const { upstream, url, lines } = await startWithUpstream(
    after(400, () => createdResponse),
    deadline,
  );
  const field = (index: number) => `a${index}: createDataExtractionAction(input: { name: "n", webhook: {} }) { ctxId }`;

  const { body } = await send(url, { query: `mutation { ${[1, 2, 3, 4, 5].map(field).join(" ")} }` });

  const sent = upstream.received.length;
  const results = Object.values(body.data ?? {}).map((payload) => payload !== null);
  expect(sent).toBeLessThan(5);
  expect(results).toEqual([1, 2, 3, 4, 5].map((index) => index <= sent));
  expect(body.errors?.map(({ extensions }) => extensions)).toEqual(
    Array(5 - sent).fill(
      expect.objectContaining({ code: "UPSTREAM_TIMEOUT", outcome: "NOT_CREATED", retryable: true }),
    ),
  );
  expect(lines()).toMatchObject([{ "failure.kind": "deadline-exceeded", "upstream.write_ctx_id": "ctx-1" }]);
});

test("a request that waits for another one with its idempotency key ends with an unknown outcome", async () => {
  const { upstream, release } = await startHeldUpstream();
  const settings = { CONTACTSWING_URL: upstream.url };
  const { url } = await startService({ ...settings, ...deadline });

  const first = create(url, keyed);
  await eventually(() => upstream.received[0]);
  const second = await create(url, keyed);
  release();

  expect(summarize(second)).toBe("OUTCOME_UNKNOWN UNKNOWN");
  // It was sent before the deadline.
  expect(resultOf(await first)).toBe(false);
  expect(resultOf(await create(url, keyed))).toBe(true);
});

test("counts from the arrival of the request, not of its body", async () => {
  const { upstream, url } = await startWithUpstream(undefined, { REQUEST_TIMEOUT_MS: "300" });
  const body = JSON.stringify({
    query: "mutation ($i: CreateDataExtractionActionInput!) { createDataExtractionAction(input: $i) { ctxId } }",
    variables: { i: minimalInput },
  });
  const slowly = new ReadableStream({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode(body.slice(0, 10)));
      await new Promise((resolve) => setTimeout(resolve, 600));
      controller.enqueue(new TextEncoder().encode(body.slice(10)));
      controller.close();
    },
  });

  const headers = { "content-type": "application/json", authorization: "Bearer t" };
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers,
    body: slowly,
    duplex: "half",
  } as RequestInit);
  const errors = { status: response.status, headers: response.headers, text: "", body: await response.json() };

  expect(onlyError(errors as never).extensions).toMatchObject({ code: "UPSTREAM_TIMEOUT", outcome: "NOT_CREATED" });
  expect(upstream.received).toEqual([]);
});
