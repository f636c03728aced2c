import { describe, expect, test } from "@jest/globals";
import type { FailureKind } from "../src/failures/failure.ts";
import { failureTable } from "../src/failures/failure-table.ts";
import { recipes } from "../src/sandbox/recipes.ts";
import { type Scenario, scenarios } from "../src/sandbox/scenarios.ts";
import {
  authorized,
  create,
  createMutation,
  type GraphqlResponse,
  onlyError,
  type PublicError,
  send,
} from "./helpers/graphql.ts";
import { startSandboxedService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

const entries: [string, Scenario][] = Object.entries(scenarios);
const readQuery = "query ($id: ID!) { dataExtractionAction(id: $id) { id name isActive } }";
const hour = 3_600_000;

const named = (name: string) => ({ name, webhook: {} });

/** Long enough for every response that arrives, short where none does. */
const environmentFor = (kind: string) => ({
  UPSTREAM_TIMEOUT_MS: kind.startsWith("timeout") ? "1000" : "20000",
  SHUTDOWN_GRACE_MS: "0",
});

function expectRow({ extensions }: PublicError, kind: FailureKind): void {
  const { code, outcome, retryable } = failureTable[kind];
  expect(extensions).toMatchObject({ code, outcome, retryable });
}

function expectReadFailure(response: GraphqlResponse, kind: FailureKind): void {
  const { extensions } = onlyError(response);
  const { code, retryableRead } = failureTable[kind];
  expect(extensions).toMatchObject({ code, retryable: retryableRead });
  expect(extensions).not.toHaveProperty("outcome");
}

test("every failure kind has a scenario or a recipe", () => {
  const played = entries.map(([, { create: kind }]) => kind);
  const known = [...played, ...Object.keys(recipes)].filter((kind) => kind !== "created");

  expect(new Set(known)).toEqual(new Set(Object.keys(failureTable)));
});

describe("a create request", () => {
  test.each(entries)("named %s ends as the scenario says, after one upstream request", async (name, scenario) => {
    const kind = scenario.create;
    const pace = { slowMs: 20, outageMs: hour };
    const { url, sandbox } = await startSandboxedService(environmentFor(kind), { pace });

    const response = await create(url, named(name));

    expect(response.status).toBe(200);
    expect(sandbox.requests).toHaveLength(1);
    if (kind === "created") {
      const ctxId = name === "sandbox:no-ctx-id" ? null : expect.any(String);
      expect(response.body).toMatchObject({
        data: { createDataExtractionAction: { action: { id: expect.any(String), name }, ctxId } },
      });
    } else {
      expectRow(onlyError(response), kind);
      expect(response.body.data).toEqual({ createDataExtractionAction: null });
    }
  });

  test("named sandbox:details-500 creates an action whose details fail", async () => {
    const { url } = await startSandboxedService();

    const { extensions } = await createWithDetails(url, "sandbox:details-500");

    const { code } = failureTable["server-error"];
    expect(extensions).toMatchObject({ code, outcome: "CREATED", retryable: false, upstream: { status: 500 } });
  });

  test("fails by its request ID and by its token", async () => {
    const { url } = await startSandboxedService();

    const byRequestId = await create(url, named("A"), { ...authorized, "x-request-id": "sandbox-409" });
    const byToken = await create(url, named("A"), { authorization: `${authorized.authorization}.sandbox-409` });

    expectRow(onlyError(byRequestId), "conflict");
    expectRow(onlyError(byToken), "conflict");
  });
});

describe("a read", () => {
  test.each(entries)("of %s ends as the scenario says", async (id, { read: kind }) => {
    const { url } = await startSandboxedService(environmentFor(kind), { pace: { slowMs: 20, outageMs: hour } });

    const response = await send(url, { query: readQuery, variables: { id } });

    if (kind === "found") {
      expect(response.body).toEqual({
        data: { dataExtractionAction: { id, name: "My Data Extraction Action", isActive: true } },
      });
    } else if (kind === "null") {
      expect(response.body).toEqual({ data: { dataExtractionAction: null } });
    } else {
      expectReadFailure(response, kind);
    }
  });

  test("finds the example, and not an action of another type", async () => {
    const { url } = await startSandboxedService();

    const example = await send(url, { query: readQuery, variables: { id: "sandbox:example" } });
    const other = await send(url, { query: readQuery, variables: { id: "sandbox:other-type" } });

    expect(example.body.data.dataExtractionAction).toMatchObject({ id: "sandbox:example", isActive: true });
    expect(other.body).toEqual({ data: { dataExtractionAction: null } });
  });
});

describe("the list", () => {
  const query = "{ dataExtractionActions(first: 2) { edges { node { id } } } }";

  test.each(entries)("ends as the scenario %s says, which its request ID names", async (name, scenario) => {
    const kind = scenario.list ?? scenario.read;
    const { url } = await startSandboxedService(environmentFor(kind), { pace: { slowMs: 20, outageMs: hour } });

    const response = await send(url, { query }, { ...authorized, "x-request-id": name.replace(":", "-") });

    if (kind === "found") {
      const ids = name === "sandbox:empty" ? [] : ["sandbox:example", "sandbox:budget"];
      expect(response.body).toEqual({
        data: { dataExtractionActions: { edges: ids.map((id) => ({ node: { id } })) } },
      });
    } else if (kind === "null") {
      throw new Error("a list is never null without an error");
    } else {
      expectReadFailure(response, kind);
    }
  });
});

/** Follows a recipe; resolves with the error of its last request. */
type FollowRecipe = () => Promise<PublicError>;

const startInOutage = async () => {
  const { url } = await startSandboxedService({}, { pace: { slowMs: 0, outageMs: hour } });
  await create(url, named("sandbox:outage"));
  return url;
};

const recipeTests: Record<Exclude<keyof typeof recipes, "bug">, FollowRecipe> = {
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
  unreachable: async () => onlyError(await create(await startInOutage(), named("A"))),
  "circuit-open": async () => {
    const url = await startInOutage();
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
  "not-found-after-created": async () => {
    const { url } = await startSandboxedService();
    return createWithDetails(url, "sandbox:details-404");
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

/** The error of the details that are selected after a create request; the payload must be intact. */
async function createWithDetails(url: string, name: string): Promise<PublicError> {
  const query = createMutation.replace("id name type", "id name isActive");
  const response = await send(url, { query, variables: { input: named(name) } });
  expect(response.body.data.createDataExtractionAction.action).toEqual({
    id: expect.any(String),
    name,
    isActive: null,
  });
  return onlyError(response);
}

async function createTwice(name: string): Promise<PublicError> {
  const { url } = await startSandboxedService();
  const input = { ...named(name), idempotencyKey: "key" };
  await create(url, input);
  return onlyError(await create(url, input));
}

test.each(Object.entries(recipeTests) as [FailureKind, FollowRecipe][])(
  "the recipe for %s works",
  async (kind, follow) => {
    const error = await follow();

    expectRow(error, kind);
    expect(error.message).toContain(failureTable[kind].message);
  },
);

test("an outage ends", async () => {
  const settings = { UPSTREAM_CONNECT_TIMEOUT_MS: "20" };
  const { url } = await startSandboxedService(settings, { pace: { slowMs: 0, outageMs: 500 } });
  await create(url, named("sandbox:outage"));

  let response = await create(url, named("A"));
  expect(onlyError(response).extensions.code).toBe("UPSTREAM_UNAVAILABLE");
  while (response.body.errors !== undefined) response = await create(url, named("A"));

  expect(response.body.data.createDataExtractionAction.action.name).toBe("A");
});
