import { expect, test } from "@jest/globals";
import { findConsequence } from "../src/failures/consequence.ts";
import type { Effect } from "../src/failures/effect.ts";
import type { FailureKind } from "../src/failures/failure.ts";
import { failureTable } from "../src/failures/failure-table.ts";
import { recipes } from "../src/sandbox/recipes.ts";
import { type Scenario, scenarios } from "../src/sandbox/scenarios.ts";
import { concurrently } from "./helpers/concurrently.ts";
import {
  authorized,
  create,
  createMutation,
  type GraphqlResponse,
  onlyError,
  send,
  verdictOf,
} from "./helpers/graphql.ts";
import { eventually } from "./helpers/process.ts";
import { startSandboxedService } from "./helpers/service.ts";

const entries: [string, Scenario][] = Object.entries(scenarios);
const named = (name: string) => ({ name, webhook: {} });

/** What a response shows of a failure kind. A read has no outcome. */
function verdictFor(kind: FailureKind, effect: Effect = "create") {
  const { outcome, retryable } = findConsequence({ kind }, { effect, isRepeatable: effect === "read" });
  return { code: failureTable[kind].code, outcome, retryable };
}

test("every failure kind has a scenario or a recipe", () => {
  const played = entries.map(([, { create: kind }]) => kind);
  const known = [...played, ...Object.keys(recipes)].filter((kind) => kind !== "created");

  expect(new Set(known)).toEqual(new Set(Object.keys(failureTable)));
});

interface Play {
  readonly send: (url: string, name: string) => Promise<GraphqlResponse>;
  /** The data, or the verdict on the error. */
  readonly expected: (name: string, scenario: Scenario) => unknown;
}

const readQuery = "query ($id: ID!) { dataExtractionAction(id: $id) { id name isActive } }";
const listQuery = "{ dataExtractionActions(first: 2) { edges { node { id } } } }";
const edgesOf = (...ids: string[]) => ({ edges: ids.map((id) => ({ node: { id } })) });

const plays: Record<string, Play> = {
  "a create request of its name": {
    send: (url, name) => create(url, named(name)),
    expected(name, { create: kind }) {
      if (kind !== "created") return verdictFor(kind);
      const action = { id: expect.any(String), name, type: "SINGLEDATAEXTRACTION" };
      const ctxId = name === "sandbox:no-ctx-id" ? null : expect.any(String);
      return { createDataExtractionAction: { ctxId, replayed: false, action } };
    },
  },
  "a read of its name as an ID": {
    send: (url, id) => send(url, { query: readQuery, variables: { id } }),
    expected(id, { read: kind }) {
      if (kind === "null") return { dataExtractionAction: null };
      if (kind !== "found") return verdictFor(kind, "read");
      return { dataExtractionAction: { id, name: "My Data Extraction Action", isActive: true } };
    },
  },
  "the list, which the request ID names": {
    send: (url, name) => send(url, { query: listQuery }, { ...authorized, "x-request-id": name.replace(":", "-") }),
    expected(name, { read, list = read }) {
      if (list !== "found") return verdictFor(list as FailureKind, "read");
      return {
        dataExtractionActions: name === "sandbox:empty" ? edgesOf() : edgesOf("sandbox:example", "sandbox:budget"),
      };
    },
  },
};

test.each(Object.entries(plays))("each scenario ends as it says for %s", async (_case, { send, expected }) => {
  const ends = await concurrently(8, entries, async ([name, { create: kind }]) => {
    // Long enough for every response that arrives, short where none does.
    const environment = { UPSTREAM_TIMEOUT_MS: kind.startsWith("timeout") ? "1000" : "20000", SHUTDOWN_GRACE_MS: "0" };
    const { url, sandbox } = await startSandboxedService(environment, { pace: { slowMs: 20, outageMs: 3_600_000 } });
    const response = await send(url, name);
    // Nothing is sent twice.
    const sent = sandbox.requests.map(({ method, path }) => `${method} ${path}`);
    expect(sent).toEqual([...new Set(sent)]);
    return [name, response.body.errors === undefined ? response.body.data : verdictOf(response)] as const;
  });

  const all = entries.map(([name, scenario]) => [name, expected(name, scenario)] as const);
  expect(Object.fromEntries(ends)).toEqual(Object.fromEntries(all));
});

test.each([
  ["sandbox:details-500", "server-error"],
  ["sandbox:details-404", "not-found-after-success"],
] as const)("%s creates an action whose details fail", async (name, kind) => {
  const { url } = await startSandboxedService();
  const query = createMutation.replace("id name type", "id name isActive");

  const response = await send(url, { query, variables: { input: named(name) } });

  const { code } = failureTable[kind];
  expect(response.body.data.createDataExtractionAction.action).toMatchObject({ name, isActive: null });
  expect(verdictOf(response)).toEqual({ code, outcome: "CREATED", retryable: false });
});

test("an outage makes ContactSwing unreachable, opens the circuit breaker, and ends", async () => {
  const settings = { UPSTREAM_CONNECT_TIMEOUT_MS: "20" };
  const { url } = await startSandboxedService(settings, { pace: { slowMs: 0, outageMs: 1000 } });
  const createAction = () => create(url, named("A"));

  await create(url, named("sandbox:outage"));
  const unreachable = onlyError(await createAction());
  await Promise.all(Array.from({ length: 20 }, createAction));
  const open = onlyError(await createAction());
  await eventually(async () => (await createAction()).body.errors === undefined, "the end of the outage");

  expect(unreachable.message).toContain(failureTable.unreachable.message);
  expect(open.message).toContain(failureTable["circuit-open"].message);
});
