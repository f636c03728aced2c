import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { CallFailure, type FailureKind } from "../src/failures/failure.ts";
import { caller, createMemoryWorld, createRedisWorld, type World } from "./helpers/idempotency-world.ts";
import { describeWithRedis, startRedis } from "./helpers/redis.ts";

/** One call as the model knows it. */
interface Call {
  readonly id: number;
  readonly replica: number;
}

/** What the contract says of a key, in the fewest words. */
type Key =
  | { readonly state: "under-way"; readonly input: number; readonly creating: Call; readonly waiting: readonly Call[] }
  | { readonly state: "created"; readonly input: number; readonly answer: string }
  | { readonly state: "unknown"; readonly input: number; readonly kind: FailureKind };

interface Model {
  readonly keys: Map<string, Key>;
  posts: number;
  calls: number;
}

interface Post {
  readonly call: number;
  readonly settle: PromiseWithResolvers<string>;
}

/** The real thing: guards, their calls, and an upstream that answers as the test says. */
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

  call({ id, replica }: Call, key: string, input: number): void {
    const create = () => {
      if (this.posts.has(key)) throw new Error(`two creates of ${key} at once`);
      const settle = Promise.withResolvers<string>();
      this.posts.set(key, { call: id, settle });
      this.count += 1;
      this.#arrived.resolve();
      this.#arrived = Promise.withResolvers();
      return settle.promise;
    };
    const guard = this.world.replicas[replica];
    if (guard === undefined) throw new Error("no such replica");
    const result = guard.once({ caller, idempotencyKey: key, input: { input } }, create).then(
      ({ answer, isReplayed }) => `${isReplayed ? "replayed" : "created"} ${answer}`,
      (error) => (error instanceof CallFailure ? error.failure.kind : `bug: ${error.message}`),
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

  async expectResult({ id }: Call, expected: string): Promise<void> {
    expect(await this.results.get(id)).toBe(expected);
  }

  /** Lets every call end that is still under way. */
  async stop(): Promise<void> {
    await this.world.stop();
    for (const { settle } of [...this.posts.values(), ...this.lost]) settle.resolve("too late");
    await Promise.all(this.results.values());
  }

  takePost(key: string): Post {
    const post = this.posts.get(key);
    if (post === undefined) throw new Error(`nothing was sent for ${key}`);
    this.posts.delete(key);
    return post;
  }
}

/** A step that is possible while a condition holds; after each, nothing was sent and nobody answered that should not. */
abstract class Step implements fc.AsyncCommand<Model, System> {
  check(_model: Readonly<Model>): boolean {
    return true;
  }

  abstract act(model: Model, system: System): Promise<void>;

  async run(model: Model, system: System): Promise<void> {
    await this.act(model, system);
    expect(system.count).toBe(model.posts);
    const underWay = [...model.keys.values()].filter((key) => key.state === "under-way");
    expect(system.posts.size).toBe(underWay.length);
    for (const { creating, waiting } of underWay) {
      for (const { id } of [creating, ...waiting]) expect(system.settled.has(id)).toBe(false);
    }
  }

  abstract toString(): string;
}

class Start extends Step {
  readonly replica: number;
  readonly key: string;
  readonly input: number;

  constructor(replica: number, key: string, input: number) {
    super();
    this.replica = replica;
    this.key = key;
    this.input = input;
  }

  async act(model: Model, system: System): Promise<void> {
    model.calls += 1;
    const call = { id: model.calls, replica: this.replica % system.world.replicas.length };
    const known = model.keys.get(this.key);
    system.call(call, this.key, this.input);
    if (known === undefined) {
      model.posts += 1;
      model.keys.set(this.key, { state: "under-way", input: this.input, creating: call, waiting: [] });
      expect((await system.nextPost(this.key)).call).toBe(call.id);
    } else if (known.input !== this.input) {
      await system.expectResult(call, "idempotency-key-reused");
    } else if (known.state === "under-way") {
      model.keys.set(this.key, { ...known, waiting: [...known.waiting, call] });
    } else {
      await system.expectResult(call, known.state === "created" ? `replayed ${known.answer}` : known.kind);
    }
  }

  toString = () => `start(${this.replica}, ${this.key}, ${this.input})`;
}

abstract class Finish extends Step {
  readonly key: string;

  constructor(key: string) {
    super();
    this.key = key;
  }

  override check(model: Readonly<Model>): boolean {
    return model.keys.get(this.key)?.state === "under-way";
  }

  async act(model: Model, system: System): Promise<void> {
    const known = model.keys.get(this.key);
    if (known?.state === "under-way") await this.finish(model, system, known);
  }

  abstract finish(model: Model, system: System, key: Extract<Key, { state: "under-way" }>): Promise<void>;
}

class Succeed extends Finish {
  async finish(model: Model, system: System, { input, creating, waiting }: Extract<Key, { state: "under-way" }>) {
    const answer = `answer to ${creating.id}`;
    model.keys.set(this.key, { state: "created", input, answer });
    system.takePost(this.key).settle.resolve(answer);
    await system.expectResult(creating, `created ${answer}`);
    for (const call of waiting) await system.expectResult(call, `replayed ${answer}`);
  }

  toString = () => `succeed(${this.key})`;
}

class FailKnown extends Finish {
  async finish(model: Model, system: System, { input, creating, waiting }: Extract<Key, { state: "under-way" }>) {
    model.keys.delete(this.key);
    system.takePost(this.key).settle.reject(new CallFailure({ kind: "rate-limited" }));
    await system.expectResult(creating, "rate-limited");
    if (waiting.length === 0) return;
    // Any of those that wait, but only one.
    const { call } = await system.nextPost(this.key);
    const [next, others] = [waiting.find(({ id }) => id === call), waiting.filter(({ id }) => id !== call)];
    if (next === undefined) throw new Error(`call ${call} did not wait`);
    model.posts += 1;
    model.keys.set(this.key, { state: "under-way", input, creating: next, waiting: others });
  }

  toString = () => `failKnown(${this.key})`;
}

class FailUnknown extends Finish {
  readonly failure: "server-error" | "timeout-after-created" | "a bug";

  constructor(key: string, failure: FailUnknown["failure"]) {
    super(key);
    this.failure = failure;
  }

  async finish(model: Model, system: System, { input, creating, waiting }: Extract<Key, { state: "under-way" }>) {
    const { failure } = this;
    const kind = failure === "timeout-after-created" ? "outcome-unknown-after-created" : "outcome-unknown";
    model.keys.set(this.key, { state: "unknown", input, kind });
    const error = failure === "a bug" ? new Error(failure) : new CallFailure({ kind: failure });
    system.takePost(this.key).settle.reject(error);
    await system.expectResult(creating, failure === "a bug" ? "bug: a bug" : failure);
    for (const call of waiting) await system.expectResult(call, kind);
  }

  toString = () => `failUnknown(${this.key}, ${this.failure})`;
}

class Crash extends Step {
  readonly replica: number;

  constructor(replica: number) {
    super();
    this.replica = replica;
  }

  async act(model: Model, system: System): Promise<void> {
    const { world } = system;
    const crashed = this.replica % world.replicas.length;
    const underWay = [...model.keys].flatMap(([name, key]) => (key.state === "under-way" ? [{ name, key }] : []));
    const lost = underWay.filter(({ key }) => key.creating.replica === crashed);
    for (const { name } of lost) system.lost.push(system.takePost(name));
    await world.crash(
      crashed,
      lost.map(({ name }) => name),
    );
    for (const { name, key } of underWay) {
      const waiting = key.waiting.filter(({ replica }) => replica !== crashed);
      if (key.creating.replica !== crashed) {
        model.keys.set(name, { ...key, waiting });
      } else {
        model.keys.set(name, { state: "unknown", input: key.input, kind: "outcome-unknown" });
        for (const call of waiting) await system.expectResult(call, "outcome-unknown");
      }
    }
    if (!world.outlivesCrashes) model.keys.clear();
  }

  toString = () => `crash(${this.replica})`;
}

class Expire extends Step {
  async act(model: Model, system: System): Promise<void> {
    await system.world.expire();
    for (const [name, { state }] of model.keys) if (state !== "under-way") model.keys.delete(name);
  }

  toString = () => "expire";
}

const key = fc.constantFrom("k1", "k2");
const replica = fc.nat(1);
const steps = [
  fc.tuple(replica, key, fc.constantFrom(1, 1, 1, 2)).map((words) => new Start(...words)),
  fc.tuple(replica, key, fc.constantFrom(1, 1, 1, 2)).map((words) => new Start(...words)),
  fc.tuple(replica, key, fc.constantFrom(1, 1, 1, 2)).map((words) => new Start(...words)),
  key.map((name) => new Succeed(name)),
  key.map((name) => new FailKnown(name)),
  fc
    .tuple(key, fc.constantFrom("server-error" as const, "timeout-after-created" as const, "a bug" as const))
    .map((words) => new FailUnknown(...words)),
  replica.map((number) => new Crash(number)),
  fc.constant(new Expire()),
];

async function holds(createWorld: () => Promise<World>, numRuns: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.commands(steps, { maxCommands: 30 }), async (commands) => {
      const world = await createWorld();
      const real = new System(world);
      try {
        await fc.asyncModelRun(() => ({ model: { keys: new Map(), posts: 0, calls: 0 }, real }), commands);
      } finally {
        await real.stop();
      }
    }),
    { numRuns },
  );
}

describe("any interleaving of calls, their ends, crashes and expiry is as the model says", () => {
  test("with the store in the process", () => holds(createMemoryWorld, 300), 60_000);

  describeWithRedis("with two replicas on Redis", () => {
    test("whichever of them is asked", async () => {
      const redis = await startRedis();
      await holds(() => createRedisWorld(redis), 50);
    }, 120_000);
  });
});
