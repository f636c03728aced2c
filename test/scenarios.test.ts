import { describe, expect, test } from "@jest/globals";
import type { FailureKind } from "../src/failures/failure.ts";
import { type FailureRow, failureTable } from "../src/failures/failure-table.ts";
import { recipes } from "../src/sandbox/recipes.ts";
import { type Scenario, scenarios } from "../src/sandbox/scenarios.ts";
import { authorized, create, createMutation, onlyError, type PublicError, send } from "./helpers/graphql.ts";
import { startSandboxedService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

const entries: [string, Scenario][] = Object.entries(scenarios);
const readQuery = "query ($id: ID!) { dataExtractionAction(id: $id) { id name isActive } }";
const hour = 3_600_000;

const named = (name: string) => ({ name, webhook: {} });

/** Long enough for every answer that comes, short where none does. */
const environmentFor = (kind: string) => ({
  UPSTREAM_TIMEOUT_MS: kind.startsWith("timeout") ? "1000" : "20000",
  SHUTDOWN_GRACE_MS: "0",
});

function expectRow({ extensions }: PublicError, kind: FailureKind): void {
  const { code, outcome, retryable } = failureTable[kind];
  expect(extensions).toMatchObject({ code, outcome, retryable });
}

test("every failure that the service knows can be brought about, or is said to be a bug", () => {
  const played = entries.map(([, { create: kind }]) => kind);
  const known = [...played, ...Object.keys(recipes)].filter((kind) => kind !== "created");
  const codes = new Set(known.map((kind) => (failureTable as Record<string, FailureRow>)[kind]?.code));

  expect(new Set(known)).toEqual(new Set(Object.keys(failureTable)));
  for (const { code } of Object.values(failureTable)) expect(codes).toContain(code);
});

describe("a create", () => {
  const failing = entries.flatMap(([name, { create: kind }]): [string, FailureKind][] =>
    kind === "created" ? [] : [[name, kind]],
  );

  test.each(failing)("named %s fails as %s, after one call", async (name, kind) => {
    const { url, sandbox } = await startSandboxedService(environmentFor(kind));

    const answer = await create(url, named(name));

    expectRow(onlyError(answer), kind);
    expect(answer.status).toBe(200);
    expect(answer.body.data).toEqual({ createDataExtractionAction: null });
    expect(sandbox.requests).toHaveLength(1);
  });

  const succeeding = entries.flatMap(([name, { create: kind }]) => (kind === "created" ? [name] : []));

  test.each(succeeding)("named %s succeeds", async (name) => {
    const { url } = await startSandboxedService({}, { pace: { slowMs: 20, outageMs: hour } });

    const answer = await create(url, named(name));

    expect(answer.body.errors).toBeUndefined();
    expect(answer.body.data.createDataExtractionAction.action.id).toEqual(expect.any(String));
    const { ctxId } = answer.body.data.createDataExtractionAction;
    expect(ctxId).toEqual(name === "sandbox:no-ctx-id" ? null : expect.any(String));
  });

  test("with ContactSwing's list of problems has them at the graph's fields", async () => {
    const { url } = await startSandboxedService();

    const { extensions } = onlyError(await create(url, named("sandbox:422")));

    expect(extensions.fieldErrors).toEqual([
      { path: ["input", "webhook", "syncField"], message: "Field required", rule: "missing" },
      { path: ["input", "webhook", "type"], message: "Input should be 'YES_NO'", rule: "literal_error" },
    ]);
    expect(extensions.upstream).toEqual({ status: 422, ctxId: null });
  });

  test("says after which time a 429 can be tried again only when the sandbox says it", async () => {
    const { url } = await startSandboxedService();

    const timed = onlyError(await create(url, named("sandbox:429")));
    const untimed = onlyError(await create(url, named("sandbox:429-text")));

    expect(timed.extensions.retryAfterSeconds).toBe(5);
    expect(untimed.extensions).not.toHaveProperty("retryAfterSeconds");
  });

  test("with a magic name that does not exist is no success", async () => {
    const { url } = await startSandboxedService();

    const error = onlyError(await create(url, named("sandbox:4222")));

    expect(error.extensions).toMatchObject({ code: "BAD_USER_INPUT", upstream: { status: 400 } });
    expect(error.message).toBe("The sandbox knows no scenario of this name.");
  });

  test("named sandbox:details-500 stands although its details fail", async () => {
    const { url } = await startSandboxedService();
    const query = createMutation.replace("id name type", "id name type isActive");

    const { body } = await send(url, { query, variables: { input: named("sandbox:details-500") } });

    expect(body.data.createDataExtractionAction.action).toMatchObject({
      id: expect.any(String),
      name: "sandbox:details-500",
      isActive: null,
    });
    expect(body.errors?.[0]?.extensions).toMatchObject({
      code: "UPSTREAM_ERROR",
      outcome: "CREATED",
      retryable: false,
      upstream: { status: 500 },
    });
  });
});

describe("a read", () => {
  const readable = entries.flatMap(([id, { read }]): [string, FailureKind | "found"][] =>
    read === undefined ? [] : [[id, read]],
  );

  test.each(readable)("of %s ends as %s", async (id, kind) => {
    const pace = { slowMs: 20, outageMs: hour };
    const { url } = await startSandboxedService(environmentFor(kind), { pace });

    const answer = await send(url, { query: readQuery, variables: { id } });

    if (kind === "found") {
      expect(answer.body).toEqual({
        data: { dataExtractionAction: { id, name: "My Data Extraction Action", isActive: true } },
      });
      return;
    }
    const { extensions } = onlyError(answer);
    expect(extensions).toMatchObject({ code: failureTable[kind].code, retryable: failureTable[kind].retryableRead });
    expect(extensions).not.toHaveProperty("outcome");
  });

  const unreadable = entries.flatMap(([id, { read }]) => (read === undefined ? [id] : []));

  test.each([...unreadable, "sandbox:other-type"])("of %s is null", async (id) => {
    const { url, sandboxUrl } = await startSandboxedService();

    const answer = await send(url, { query: readQuery, variables: { id } });

    const { status } = await fetch(`${sandboxUrl}/v2/_actions/${id}`, { headers: authorized });
    expect(status).toBe(id === "sandbox:other-type" ? 200 : 404);

    expect(answer.body).toEqual({ data: { dataExtractionAction: null } });
  });

  test("of the example finds it", async () => {
    const { url } = await startSandboxedService();

    const answer = await send(url, { query: readQuery, variables: { id: "sandbox:example" } });

    expect(answer.body.data.dataExtractionAction).toMatchObject({ id: "sandbox:example", isActive: true });
  });
});

/** Follows a recipe; resolves with the error of its last call. */
type Cook = () => Promise<PublicError>;

const breakOff = async () => {
  const { url } = await startSandboxedService({}, { pace: { slowMs: 0, outageMs: hour } });
  await create(url, named("sandbox:outage"));
  return url;
};

const cooks: Record<Exclude<keyof typeof recipes, "bug">, Cook> = {
  "token-missing": async () => {
    const { url } = await startSandboxedService();
    return onlyError(await create(url, named("A"), {}));
  },
  "input-invalid": async () => {
    const { url } = await startSandboxedService();
    return onlyError(await create(url, { name: " ", webhook: { syncData: true } }));
  },
  "variable-invalid": async () => {
    const { url } = await startSandboxedService();
    return onlyError(await create(url, { name: 7, webhook: {} }));
  },
  unreachable: async () => onlyError(await create(await breakOff(), named("A"))),
  "circuit-open": async () => {
    const url = await breakOff();
    const fields = (from: number) =>
      Array.from({ length: 10 }, (_, index) => `a${index}: dataExtractionAction(id: "id-${from + index}") { id }`);
    for (const from of [0, 10]) await send(url, { query: `{ ${fields(from).join(" ")} }` });
    return onlyError(await create(url, named("A")));
  },
  overloaded: async () => {
    const environment = { MAX_IN_FLIGHT: "1", SHUTDOWN_GRACE_MS: "0" };
    const { url, sandbox } = await startSandboxedService(environment, { pace: { slowMs: hour, outageMs: hour } });
    // Cut off by the end of the test.
    create(url, named("sandbox:slow")).catch(() => undefined);
    while (sandbox.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    return onlyError(await create(url, named("A"), authorized));
  },
  "idempotency-key-reused": async () => {
    const { url } = await startSandboxedService();
    await create(url, { ...named("A"), idempotencyKey: "key" });
    return onlyError(await create(url, { ...named("B"), idempotencyKey: "key" }));
  },
  "outcome-unknown": () => createTwice("sandbox:500"),
  "outcome-unknown-after-created": () => createTwice("sandbox:201-no-id"),
  "idempotency-unavailable": async () => {
    const { url } = await startSandboxedService({ REDIS_URL: "redis://127.0.0.1:1" });
    return onlyError(await create(url, { ...named("A"), idempotencyKey: "key" }));
  },
  "token-invalid": async () => {
    const keys = await startUpstream(() => ({ status: 200, body: { keys: [] } }));
    const { url } = await startSandboxedService({ JWKS_URL: keys.url });
    return onlyError(await create(url, named("A")));
  },
  "keys-unavailable": async () => {
    const { url } = await startSandboxedService({ JWKS_URL: "http://127.0.0.1:1/keys" });
    return onlyError(await create(url, named("A")));
  },
};

async function createTwice(name: string): Promise<PublicError> {
  const { url } = await startSandboxedService();
  const input = { ...named(name), idempotencyKey: "key" };
  await create(url, input);
  return onlyError(await create(url, input));
}

test.each(Object.entries(cooks) as [FailureKind, Cook][])("the recipe for %s works", async (kind, cook) => {
  const error = await cook();

  expectRow(error, kind);
  expect(error.message).toContain(failureTable[kind].message);
});

test("an outage ends", async () => {
  const settings = { UPSTREAM_CONNECT_TIMEOUT_MS: "20" };
  const { url } = await startSandboxedService(settings, { pace: { slowMs: 0, outageMs: 500 } });
  await create(url, named("sandbox:outage"));

  let answer = await create(url, named("A"));
  expect(onlyError(answer).extensions.code).toBe("UPSTREAM_UNAVAILABLE");
  while (answer.body.errors !== undefined) answer = await create(url, named("A"));

  expect(answer.body.data.createDataExtractionAction.action.name).toBe("A");
});
