import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type FailureKind, RequestFailure } from "../src/failures/failure.ts";
import { caller, createMemoryWorld, createRedisWorld, type World } from "./helpers/idempotency-world.ts";
import { describeWithRedis, startRedis } from "./helpers/redis.ts";

interface Request {
  readonly id: number;
  readonly replica: number;
}

interface InFlight {
  readonly state: "in-flight";
  readonly input: number;
  readonly creating: Request;
  readonly waiting: readonly Request[];
}

/** What the contract says of a key, in the fewest words. */
type Key =
  | InFlight
  | { readonly state: "created"; readonly input: number; readonly response: string }
  | { readonly state: "unknown"; readonly input: number; readonly kind: FailureKind };

interface Model {
  readonly keys: Map<string, Key>;
  posts: number;
  requests: number;
}

/** Two releases during a rollout: the second one adds a field with a default. */
const releases: readonly Record<string, unknown>[] = [{ type: "T" }, { type: "T", priority: "LOW" }];
/** Ways to give the same input. */
const spellings: readonly ((name: number) => object)[] = [
  (name) => ({ name, webhook: {} }),
  (name) => ({ webhook: { mandatory: null }, description: null, name }),
  (name) => ({ type: "T", webhook: {}, name }),
];

interface Post {
  readonly request: number;
  readonly response: PromiseWithResolvers<string>;
}

/** The guards, their requests, and an upstream that responds when the test says so. */
class System {
  readonly world: World;
  readonly results = new Map<number, Promise<string>>();
  readonly settled = new Set<number>();
  readonly posts = new Map<string, Post>();
  /** Sent by replicas that have crashed since. */
  readonly lost: Post[] = [];
  count = 0;
  #arrived = Promise.withResolvers<void>();

  constructor(world: World) {
    this.world = world;
  }

  send({ id, replica }: Request, key: string, given: object, defaults: Record<string, unknown>): void {
    const create = () => {
      if (this.posts.has(key)) throw new Error(`two create requests of ${key} at once`);
      const response = Promise.withResolvers<string>();
      this.posts.set(key, { request: id, response });
      this.count += 1;
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
      return response.promise;
    };
    // GraphQL fills in the defaults of the release.
    const input = { ...defaults, ...given };
    const guarded = { caller, idempotencyKey: key, input, defaults, onResult: () => undefined };
    const result = (this.world.replicas[replica] as World["replicas"][0]).once(guarded, create).then(
      ({ response, isReplayed }) => `${isReplayed ? "replayed" : "created"} ${response}`,
      (error) => (error instanceof RequestFailure ? error.failure.kind : `bug: ${error.message}`),
    );
    this.results.set(
      id,
      result.finally(() => this.settled.add(id)),
    );
  }

  async nextPost(key: string): Promise<Post> {
    for (;;) {
      const post = this.posts.get(key);
      if (post !== undefined) return post;
      await this.#arrived.promise;
    }
  }

  takePost(key: string): Post["response"] & { readonly post: Post } {
    const post = this.posts.get(key);
    if (post === undefined) throw new Error(`nothing was sent for ${key}`);
    this.posts.delete(key);
    return { ...post.response, post };
  }

  async expectResults(requests: readonly Request[], expected: string): Promise<void> {
    for (const { id } of requests) expect(await this.results.get(id)).toBe(expected);
  }

  async stop(): Promise<void> {
    await this.world.stop();
    for (const { response } of [...this.posts.values(), ...this.lost]) response.resolve("too late");
    await Promise.all(this.results.values());
  }
}

type Command = fc.AsyncCommand<Model, System>;

/** After each step exactly the expected create requests have been sent, and none that should wait has a result. */
function step(name: string, act: (model: Model, system: System) => Promise<void>, check?: Command["check"]): Command {
  return {
    check: check ?? (() => true),
    async run(model, system) {
      await act(model, system);
      expect(system.count).toBe(model.posts);
      const inFlight = [...model.keys.values()].filter((key) => key.state === "in-flight");
      expect(system.posts.size).toBe(inFlight.length);
      for (const { creating, waiting } of inFlight) {
        for (const { id } of [creating, ...waiting]) expect(system.settled.has(id)).toBe(false);
      }
    },
    toString: () => name,
  };
}

const start = (replica: number, key: string, input: number, spelling: number, release: number): Command =>
  step(`start(${[replica, key, input, spelling, release]})`, async (model, system) => {
    model.requests += 1;
    const request = { id: model.requests, replica: replica % system.world.replicas.length };
    const known = model.keys.get(key);
    system.send(request, key, spellings[spelling]?.(input) ?? {}, releases[release] ?? {});
    if (known === undefined) {
      model.posts += 1;
      model.keys.set(key, { state: "in-flight", input, creating: request, waiting: [] });
      expect((await system.nextPost(key)).request).toBe(request.id);
    } else if (known.input !== input) {
      await system.expectResults([request], "idempotency-key-reused");
    } else if (known.state === "in-flight") {
      model.keys.set(key, { ...known, waiting: [...known.waiting, request] });
    } else {
      await system.expectResults([request], known.state === "created" ? `replayed ${known.response}` : known.kind);
    }
  });

const finish = (
  name: string,
  key: string,
  act: (model: Model, system: System, inFlight: InFlight) => Promise<void>,
): Command =>
  step(
    `${name}(${key})`,
    async (model, system) => act(model, system, model.keys.get(key) as InFlight),
    (model) => model.keys.get(key)?.state === "in-flight",
  );

const succeed = (key: string): Command =>
  finish("succeed", key, async (model, system, { input, creating, waiting }) => {
    const response = `response to ${creating.id}`;
    model.keys.set(key, { state: "created", input, response });
    system.takePost(key).resolve(response);
    await system.expectResults([creating], `created ${response}`);
    await system.expectResults(waiting, `replayed ${response}`);
  });

const failWithoutCreating = (key: string): Command =>
  finish("failWithoutCreating", key, async (model, system, { input, creating, waiting }) => {
    model.keys.delete(key);
    system.takePost(key).reject(new RequestFailure({ kind: "rate-limited" }));
    await system.expectResults([creating], "rate-limited");
    if (waiting.length === 0) return;
    // Any one of those that wait.
    const post = await system.nextPost(key);
    const next = waiting.find(({ id }) => id === post.request);
    if (next === undefined) throw new Error(`request ${post.request} did not wait`);
    model.posts += 1;
    const others = waiting.filter((request) => request !== next);
    model.keys.set(key, { state: "in-flight", input, creating: next, waiting: others });
  });

const failUnknown = (key: string, failure: "server-error" | "timeout-after-created" | "a bug"): Command =>
  finish(`failUnknown ${failure}`, key, async (model, system, { input, creating, waiting }) => {
    const kind = failure === "timeout-after-created" ? "outcome-unknown-after-created" : "outcome-unknown";
    model.keys.set(key, { state: "unknown", input, kind });
    system.takePost(key).reject(failure === "a bug" ? new Error(failure) : new RequestFailure({ kind: failure }));
    await system.expectResults([creating], failure === "a bug" ? "bug: a bug" : failure);
    await system.expectResults(waiting, kind);
  });

const crash = (replica: number): Command =>
  step(`crash(${replica})`, async (model, system) => {
    const { world } = system;
    const crashed = replica % world.replicas.length;
    const inFlight = [...model.keys].flatMap(([name, key]) => (key.state === "in-flight" ? [{ name, key }] : []));
    const lost = inFlight.filter(({ key }) => key.creating.replica === crashed).map(({ name }) => name);
    for (const name of lost) system.lost.push(system.takePost(name).post);
    await world.crash(crashed, lost);
    for (const { name, key } of inFlight) {
      const waiting = key.waiting.filter((request) => request.replica !== crashed);
      if (!lost.includes(name)) {
        model.keys.set(name, { ...key, waiting });
      } else {
        model.keys.set(name, { state: "unknown", input: key.input, kind: "outcome-unknown" });
        await system.expectResults(waiting, "outcome-unknown");
      }
    }
    if (!world.outlivesCrashes) model.keys.clear();
  });

const expire: Command = step("expire", async (model, system) => {
  await system.world.expire();
  for (const [name, { state }] of model.keys) if (state !== "in-flight") model.keys.delete(name);
});

const key = fc.constantFrom("k1", "k2");
const starts = fc
  .tuple(fc.nat(1), key, fc.constantFrom(1, 1, 1, 2), fc.nat(2), fc.nat(1))
  .map((words) => start(...words));
const failures = fc.constantFrom("server-error" as const, "timeout-after-created" as const, "a bug" as const);
const steps = [
  ...Array(3).fill(starts),
  key.map(succeed),
  key.map(failWithoutCreating),
  fc.tuple(key, failures).map((words) => failUnknown(...words)),
  fc.nat(1).map(crash),
  fc.constant(expire),
];

async function checkModel(createWorld: () => Promise<World>, numRuns: number): Promise<void> {
  const property = fc.asyncProperty(fc.commands(steps, { maxCommands: 30 }), async (commands) => {
    const real = new System(await createWorld());
    try {
      await fc.asyncModelRun(() => ({ model: { keys: new Map(), posts: 0, requests: 0 }, real }), commands);
    } finally {
      await real.stop();
    }
  });
  await fc.assert(property, { numRuns });
}

describe("any interleaving of requests, endings, crashes, and expiry, across two releases, is as in the model", () => {
  test("with the store in the process", () => checkModel(createMemoryWorld, 300), 60_000);

  describeWithRedis("with two replicas on Redis", () => {
    test("whichever replica a request reaches", async () => {
      const redis = await startRedis();
      await checkModel(() => createRedisWorld(redis), 30);
    }, 120_000);
  });
});
