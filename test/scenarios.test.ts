import { describe, expect, test } from "@jest/globals";
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
  type PublicError,
  send,
} from "./helpers/graphql.ts";
import { eventually } from "./helpers/process.ts";
import { startSandboxedService } from "./helpers/service.ts";

const entries: [string, Scenario][] = Object.entries(scenarios);
const hour = 3_600_000;

const named = (name: string) => ({ name, webhook: {} });

/** What a response shows of a failure kind. A read has no outcome, and its own row in the table. */
function verdictFor(kind: FailureKind, isRead: boolean) {
  const { code, outcome, retryable, retryableRead } = failureTable[kind];
  return isRead ? { code, outcome: undefined, retryable: retryableRead } : { code, outcome, retryable };
}

const verdictOf = ({ extensions: { code, outcome, retryable } }: PublicError) => ({ code, outcome, retryable });

/** Plays each scenario to a service of its own. @returns by its name what `describe` makes of the response. */
async function play(
  request: (url: string, name: string) => Promise<GraphqlResponse>,
  describe: (response: GraphqlResponse) => unknown,
) {
  const played = await concurrently(8, entries, async ([name, { create: kind }]) => {
    // Long enough for every response that arrives, short where none does.
    const environment = { UPSTREAM_TIMEOUT_MS: kind.startsWith("timeout") ? "1000" : "20000", SHUTDOWN_GRACE_MS: "0" };
    const { url, sandbox } = await startSandboxedService(environment, { pace: { slowMs: 20, outageMs: hour } });
    const response = await request(url, name);
    const sent = sandbox.requests.map(({ method, path }) => `${method} ${path}`);
    expect(sent).toEqual([...new Set(sent)]);
    return [name, response.body.errors === undefined ? describe(response) : verdictOf(onlyError(response))] as const;
  });
  return Object.fromEntries(played);
}

const expectedOf = (describe: (name: string, scenario: Scenario) => unknown) =>
  Object.fromEntries(entries.map(([name, scenario]) => [name, describe(name, scenario)]));

test("every failure kind has a scenario or a recipe", () => {
  const played = entries.map(([, { create: kind }]) => kind);
  const known = [...played, ...Object.keys(recipes)].filter((kind) => kind !== "created");

  expect(new Set(known)).toEqual(new Set(Object.keys(failureTable)));
});

describe("each scenario ends as it says, and nothing is sent twice", () => {
  test("for a create request of its name", async () => {
    const ends = await play(
      (url, name) => create(url, named(name)),
      ({ body: { data } }) => ({
        name: data.createDataExtractionAction.action.name,
        hasCtxId: data.createDataExtractionAction.ctxId !== null,
      }),
    );

    expect(ends).toEqual(
      expectedOf((name, { create: kind }) =>
        kind === "created" ? { name, hasCtxId: name !== "sandbox:no-ctx-id" } : verdictFor(kind, false),
      ),
    );
  });

  test("for a read of its name as an ID", async () => {
    const query = "query ($id: ID!) { dataExtractionAction(id: $id) { id name isActive } }";
    const ends = await play(
      (url, id) => send(url, { query, variables: { id } }),
      ({ body: { data } }) => data.dataExtractionAction,
    );

    expect(ends).toEqual(
      expectedOf((id, { read: kind }) => {
        if (kind === "found") return { id, name: "My Data Extraction Action", isActive: true };
        return kind === "null" ? null : verdictFor(kind, true);
      }),
    );
  });

  test("for the list, which the request ID names", async () => {
    const query = "{ dataExtractionActions(first: 2) { edges { node { id } } } }";
    const ends = await play(
      (url, name) => send(url, { query }, { ...authorized, "x-request-id": name.replace(":", "-") }),
      ({ body: { data } }) => data.dataExtractionActions.edges.map(({ node }: { node: { id: string } }) => node.id),
    );

    expect(ends).toEqual(
      expectedOf((name, { read, list = read }) => {
        if (list === "found") return name === "sandbox:empty" ? [] : ["sandbox:example", "sandbox:budget"];
        return verdictFor(list as FailureKind, true);
      }),
    );
  });
});

test("a create request fails by its request ID and by its token", async () => {
  const { url } = await startSandboxedService();

  const byRequestId = await create(url, named("A"), { ...authorized, "x-request-id": "sandbox-409" });
  const byToken = await create(url, named("A"), { authorization: `${authorized.authorization}.sandbox-409` });

  expect([byRequestId, byToken].map((response) => onlyError(response).extensions.code)).toEqual([
    "CONFLICT",
    "CONFLICT",
  ]);
});

test.each([
  ["sandbox:details-500", "server-error"],
  ["sandbox:details-404", "not-found-after-created"],
] as const)("%s creates an action whose details fail", async (name, kind) => {
  const { url } = await startSandboxedService();
  const query = createMutation.replace("id name type", "id name isActive");

  const response = await send(url, { query, variables: { input: named(name) } });

  const { code } = failureTable[kind];
  expect(response.body.data.createDataExtractionAction.action).toMatchObject({ name, isActive: null });
  expect(verdictOf(onlyError(response))).toEqual({ code, outcome: "CREATED", retryable: false });
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
