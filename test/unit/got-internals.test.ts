// Parts of got that it does not document, and that the transport relies on: see docs/dependencies.md.
import { channel } from "node:diagnostics_channel";
import { once } from "node:events";
import { type ClientRequest, createServer } from "node:http";
import { expect, test } from "@jest/globals";
import got from "got";
import { emptyStream } from "../../src/contactswing/empty-stream.ts";
import { createTransport } from "../../src/contactswing/transport.ts";
import { onTestEnd } from "../helpers/cleanup.ts";
import { listen } from "../helpers/listen.ts";

async function startServer(): Promise<string> {
  return (await listen(createServer((_request, response) => response.end("{}")))).url;
}

/** Everything that can be reached from an object by properties, without what its prototypes have. */
function findReachable(root: object): ReadonlySet<unknown> {
  const reachable = new Set<unknown>([root]);
  for (const object of reachable) {
    for (const descriptor of Object.values(Object.getOwnPropertyDescriptors(object as object))) {
      const { value } = descriptor;
      if ((typeof value === "object" && value !== null) || typeof value === "function") reachable.add(value);
    }
  }
  return reachable;
}

test("a stream that has been emptied no longer refers to its request, its response, and its options", async () => {
  const stream = got.stream(await startServer());
  const [response] = await once(stream, "response");
  const { options } = stream;
  const parts = [options, response, response.req];
  stream.resume();
  await once(stream, "end");
  expect(parts.map((part) => findReachable(stream).has(part))).toEqual([true, true, true]);

  emptyStream(stream);

  expect(parts.map((part) => findReachable(stream).has(part))).toEqual([false, false, false]);
});

test("a request that brings its timings along is not measured", async () => {
  const requests: ClientRequest[] = [];
  const onStart = (message: unknown) => requests.push((message as { request: ClientRequest }).request);
  const started = channel("http.client.request.start");
  started.subscribe(onStart);
  onTestEnd(async () => started.unsubscribe(onStart));
  const transport = createTransport({ baseUrl: await startServer(), connectTimeoutMs: 1000, responseTimeoutMs: 1000 });
  onTestEnd(async () => transport.destroy());
  const memory = { take: () => undefined, giveBack: () => undefined };
  const { signal } = new AbortController();

  await transport.exchange({ method: "GET", path: "/", headers: {}, signal, mustFinish: false, memory });

  expect(requests).toHaveLength(1);
  expect((requests[0] as { timings?: object } | undefined)?.timings).toEqual({ end: 0, phases: {} });
});
