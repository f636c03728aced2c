import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { BearerToken } from "../src/auth/bearer-token.ts";
import { createCaller } from "../src/auth/caller.ts";
import { RequestFailure } from "../src/failures/failure.ts";
import { canonicalize } from "../src/idempotency/claim.ts";
import { createIdempotencyGuard } from "../src/idempotency/idempotency-guard.ts";
import type { IdempotencyStore } from "../src/idempotency/idempotency-store.ts";
import { createMemoryStore } from "../src/idempotency/memory-store.ts";
import { createRedisConnection } from "../src/idempotency/redis-connection.ts";
import { createRedisStore } from "../src/idempotency/redis-store.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import { describeWithRedis, startRedis } from "./helpers/redis.ts";

// Keys that expire and processes that die are in unit/memory-store.test.ts and idempotency-redis.test.ts.

/** A request with a key, and the create request that it sends unless another one does. */
interface Request {
  readonly post: PromiseWithResolvers<string>;
  readonly result: Promise<string>;
  isSettled: boolean;
}

/** What the contract says of a key. */
interface Key {
  readonly input: string | undefined;
  /** The request whose create request is in flight, and those that wait for it. */
  creating: Request;
  waiting: Request[];
  /** The result of every further request, once it is certain. */
  kept?: string;
}

/** How create requests end, and what the key then means to other requests; undefined if it is free again. */
const endings: Record<string, { readonly error?: Error; readonly kept: string | undefined }> = {
  success: { kept: "replayed" },
  "rate-limited": { error: new RequestFailure({ kind: "rate-limited" }), kept: undefined },
  "server-error": { error: new RequestFailure({ kind: "server-error" }), kept: "outcome-unknown" },
  "timeout-after-success": {
    error: new RequestFailure({ kind: "timeout-after-success" }),
    kept: "outcome-unknown-after-success",
  },
  "a bug": { error: new Error("a bug"), kept: "outcome-unknown" },
};

const step = fc.record({
  key: fc.constantFrom("k1", "k2"),
  /** A request with this input, or the end of the create request in flight. */
  input: fc.constantFrom("A", "A", "A", "B", undefined, undefined, undefined, undefined),
  replica: fc.nat(1),
  release: fc.nat(1),
  ending: fc.constantFrom(...Object.keys(endings)),
});
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

/** Two releases during a rollout: the second one adds a field with a default. */
const releases = [{ type: "T" }, { type: "T", priority: "LOW" }];
const caller = createCaller(BearerToken.parse("Bearer t") as BearerToken);

/** Takes steps with keys of their own, and checks after each one that everything is as the contract says. */
async function play(
  stores: readonly IdempotencyStore[],
  sequenceNumber: number,
  sequence: readonly Step[],
): Promise<void> {
  const guards = stores.map((store) => createIdempotencyGuard(store));
  const requests: Request[] = [];
  const posted: Request[] = [];
  let nextPost = Promise.withResolvers<Request>();
  const keys = new Map<string, Key>();
  let expectedPosts = 0;

  function send({ key, input, replica, release }: Step): Request {
    const defaults = releases[release] ?? {};
    const post = Promise.withResolvers<string>();
    const run = () => {
      posted.push(request);
      nextPost.resolve(request);
      nextPost = Promise.withResolvers();
      return post.promise;
    };
    // GraphQL fills in the defaults of the release.
    const guarded = {
      caller,
      operation: "create",
      idempotencyKey: `${sequenceNumber} ${key}`,
      input: canonicalize({ ...defaults, name: input }, defaults, false),
      deadline: performance.now() + 20_000,
      readBack: () => Promise.reject(new Error("the token is the same")),
      onResult: () => undefined,
    };
    const result = (guards[replica % guards.length] as (typeof guards)[0])
      .once({ ...guarded, run })
      .then(
        ({ response, isReplayed }) => `${isReplayed ? "replayed" : "created"} ${response}`,
        (error) => (error instanceof RequestFailure ? error.failure.kind : error.message),
      )
      .finally(() => {
        request.isSettled = true;
      });
    const request: Request = { post, result, isSettled: false };
    requests.push(request);
    return request;
  }

  async function begin(step: Step, known: Key | undefined): Promise<void> {
    const next = nextPost.promise;
    const request = send(step);
    if (known === undefined) {
      expectedPosts += 1;
      expect(await next).toBe(request);
      keys.set(step.key, { input: step.input, creating: request, waiting: [] });
    } else if (known.input !== step.input) expect(await request.result).toBe("idempotency-key-reused");
    else if (known.kept !== undefined) expect(await request.result).toBe(known.kept);
    else known.waiting.push(request);
  }

  async function end(name: string, known: Key, ending: string): Promise<void> {
    const { error, kept } = endings[ending] ?? { kept: undefined };
    const { creating, waiting } = known;
    const next = nextPost.promise;
    const response = `response ${expectedPosts}`;
    if (error === undefined) creating.post.resolve(response);
    else creating.post.reject(error);
    expect(await creating.result).toBe(error === undefined ? `created ${response}` : ending);
    if (kept !== undefined) {
      known.kept = error === undefined ? `replayed ${response}` : kept;
      for (const { result } of waiting) expect(await result).toBe(known.kept);
    } else if (waiting.length === 0) {
      keys.delete(name);
    } else {
      // Any one of those that wait tries again.
      expectedPosts += 1;
      known.creating = await next;
      expect(waiting).toContain(known.creating);
      known.waiting = waiting.filter((request) => request !== known.creating);
    }
  }

  for (const step of sequence) {
    const known = keys.get(step.key);
    if (step.input !== undefined) await begin(step, known);
    else if (known !== undefined && known.kept === undefined) await end(step.key, known, step.ending);
    expect(posted).toHaveLength(expectedPosts);
    for (const { kept, creating, waiting } of keys.values()) {
      if (kept === undefined) expect([creating, ...waiting].map(({ isSettled }) => isSettled)).not.toContain(true);
    }
  }
  for (const { post } of requests) post.resolve("too late");
  await Promise.all(requests.map(({ result }) => result));
  expect(posted).toHaveLength(expectedPosts);
}

let runs = 0;
const checkModel = (stores: readonly IdempotencyStore[], numRuns: number) =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), (sequence) => play(stores, ++runs, sequence)),
    { numRuns },
  );

describe("in any order of requests and endings, across two releases, each key has one create request at a time", () => {
  test("with the store in the process", async () => {
    await checkModel([createMemoryStore({ ttlMs: 600_000, maxBytes: 1024 * 1024 })], 300);
  });

  describeWithRedis("with two replicas on Redis", () => {
    test("whichever replica a request reaches", async () => {
      const { url } = await startRedis();
      const startReplica = async () => {
        const connection = createRedisConnection({
          url,
          probeKey: "probe",
          onAvailabilityChange: () => {},
          observeCommand: () => () => {},
        });
        const store = createRedisStore({ connection, ttlMs: 600_000, maxWriteMs: 60_000, leaseMs: 60_000 });
        await store.start();
        onTestEnd(() => store.stop(0));
        return store;
      };
      await checkModel([await startReplica(), await startReplica()], 100);
    }, 120_000);
  });
});
