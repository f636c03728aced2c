import { describe, expect, test } from "@jest/globals";
import { createMutation, fullInput, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { startSandboxedService, startService } from "./helpers/service.ts";
import { createdAnswer, type ScriptedAnswer, startUpstream } from "./helpers/upstream.ts";

const details =
  "id name type description isActive webhook { mandatory name description type syncData syncModule syncField }";
const readQuery = `query Read($id: ID!) { dataExtractionAction(id: $id) { ${details} } }`;
const token = { authorization: "Bearer t" };

const stored = {
  id: "act-1",
  company_id: "c",
  name: "N",
  description: "D",
  type: "SINGLEDATAEXTRACTION",
  is_active: false,
  webhook: {
    mandatory: true,
    name: "interested",
    description: "P",
    type: "yes/no",
    sync_data: true,
    sync_module: "m",
    sync_field: "f",
  },
};
const storedAnswer = (data: unknown): ScriptedAnswer => ({
  status: 200,
  body: { ctx_id: "ctx-2", data, message: "ok" },
});

async function startWith(answer: ScriptedAnswer) {
  const upstream = await startUpstream(({ method }) => (method === "POST" ? createdAnswer : answer));
  return { upstream, ...(await startService({ CONTACTSWING_URL: upstream.url })) };
}

const calls = (received: readonly { method: string; path: string }[]) =>
  received.map(({ method, path }) => `${method} ${path}`);

test("reads back what was created, through the sandbox", async () => {
  const { url, sandbox } = await startSandboxedService();
  const mutation = createMutation.replace("id name type", details);

  const { body } = await send(url, { query: mutation, variables: { input: fullInput } });
  const created = body.data.createDataExtractionAction.action;
  const read = await send(url, { query: readQuery, variables: { id: created.id } });

  expect(created).toEqual({
    id: created.id,
    name: fullInput.name,
    type: "SINGLEDATAEXTRACTION",
    description: fullInput.description,
    isActive: true,
    webhook: { ...fullInput.webhook, type: "yes/no" },
  });
  expect(read.body.data.dataExtractionAction).toEqual(created);
  expect(calls(sandbox.requests)).toEqual([
    "POST /v2/_actions",
    `GET /v2/_actions/${created.id}`,
    `GET /v2/_actions/${created.id}`,
  ]);
});

test("asks for the details only when they are selected, and then once", async () => {
  const { upstream, url } = await startWith(storedAnswer(stored));

  await send(url, { query: createMutation, variables: { input: minimalInput } }, token);
  expect(calls(upstream.received)).toEqual(["POST /v2/_actions"]);
  await send(
    url,
    { query: createMutation.replace("id name type", details), variables: { input: minimalInput } },
    token,
  );

  expect(calls(upstream.received)).toEqual(["POST /v2/_actions", "POST /v2/_actions", "GET /v2/_actions/act-1"]);
});

test("sends a read with the caller's own headers and nothing more", async () => {
  const { upstream, url } = await startWith(storedAnswer(stored));

  const answer = await send(url, { query: readQuery, variables: { id: "act-1" } }, { ...token, cookie: "canary" });

  expect(upstream.received[0]?.headers).toEqual({
    authorization: "Bearer t",
    accept: "application/json",
    "accept-encoding": "identity",
    "user-agent": "contactswing-bff/0.0.0-test",
    "x-request-id": answer.headers.get("x-request-id"),
    host: new URL(upstream.url).host,
    connection: "keep-alive",
  });
});

test.each([
  ["a/b?c#d%", "a%2Fb%3Fc%23d%25"],
  ["../../admin", "..%2F..%2Fadmin"],
  ["ä 🙂", "%C3%A4%20%F0%9F%99%82"],
])("escapes the id %j in the path", async (id, segment) => {
  const { upstream, url } = await startWith(storedAnswer(stored));

  const { body } = await send(url, { query: readQuery, variables: { id } }, token);

  expect(body.data.dataExtractionAction.id).toBe(id);
  expect(calls(upstream.received)).toEqual([`GET /v2/_actions/${segment}`]);
});

test.each(["", ".", "..", "....", "\ud800"])("answers null for the id %j without a call", async (id) => {
  const { upstream, url } = await startWith(storedAnswer(stored));

  const { body } = await send(url, { query: readQuery, variables: { id } }, token);

  expect(body).toEqual({ data: { dataExtractionAction: null } });
  expect(upstream.received).toEqual([]);
});

test.each<[string, ScriptedAnswer]>([
  ["a JSON 404", { status: 404, body: { detail: "Action not found" } }],
  ["an action of another kind", storedAnswer({ ...stored, type: "SEND_EMAIL", webhook: "anything" })],
])("answers null for %s", async (_case, scripted) => {
  const { url } = await startWith(scripted);

  const { body } = await send(url, { query: readQuery, variables: { id: "act-1" } }, token);

  expect(body).toEqual({ data: { dataExtractionAction: null } });
});

test("takes absent and null details as null", async () => {
  const { url } = await startWith(
    storedAnswer({ name: "N", type: "SINGLEDATAEXTRACTION", description: null, webhook: { name: null } }),
  );

  const { body } = await send(url, { query: readQuery, variables: { id: "act-1" } }, token);

  expect(body.data.dataExtractionAction).toEqual({
    id: "act-1",
    name: "N",
    type: "SINGLEDATAEXTRACTION",
    description: null,
    isActive: null,
    webhook: {
      mandatory: null,
      name: null,
      description: null,
      type: null,
      syncData: null,
      syncModule: null,
      syncField: null,
    },
  });
});

test.each<[string, unknown]>([
  ["description", { ...stored, description: 1 }],
  ["is_active", { ...stored, is_active: "true" }],
  ["webhook", { ...stored, webhook: [] }],
  ["webhook.sync_data", { ...stored, webhook: { sync_data: 1 } }],
  ["webhook.type", { ...stored, webhook: { type: {} } }],
  ["name", { ...stored, name: undefined }],
  ["type", { ...stored, type: null }],
  ["data", "text"],
])("answers UPSTREAM_BAD_RESPONSE when %s is of the wrong JSON type", async (_case, data) => {
  const { url } = await startWith(storedAnswer(data));

  const { extensions } = onlyError(await send(url, { query: readQuery, variables: { id: "act-1" } }, token));

  expect(extensions).toMatchObject({ code: "UPSTREAM_BAD_RESPONSE", upstream: { status: 200, ctxId: "ctx-2" } });
  expect(extensions).not.toHaveProperty("outcome");
});

test.each<[string, ScriptedAnswer, string, boolean]>([
  [
    "a 404 page of the platform",
    { status: 404, headers: { "content-type": "text/html" }, body: "<html></html>" },
    "UPSTREAM_ERROR",
    false,
  ],
  ["a plain-text 404", { status: 404, body: "Not Found" }, "UPSTREAM_ERROR", false],
  ["401", { status: 401, body: { detail: "Invalid token" } }, "UNAUTHENTICATED", false],
  ["403", { status: 403, body: { detail: "Not yours" } }, "FORBIDDEN", false],
  ["429", { status: 429, body: "Rate exceeded." }, "RATE_LIMITED", true],
  ["503", { status: 503, body: "no instance" }, "UPSTREAM_ERROR", true],
  [
    "422 about the path",
    { status: 422, body: { detail: [{ type: "uuid", loc: ["path", "action_id"], msg: "bad id" }] } },
    "BAD_USER_INPUT",
    false,
  ],
  [
    "a page of the platform that is JSON by accident",
    { status: 404, headers: { "content-type": "text/html" }, body: "{}" },
    "UPSTREAM_ERROR",
    false,
  ],
  [
    "a 404 that is a number",
    { status: 404, headers: { "content-type": "text/plain" }, body: "404" },
    "UPSTREAM_ERROR",
    false,
  ],
])("answers a read that ends in %s with the read half of the table", async (_case, scripted, code, retryable) => {
  const { url } = await startWith(scripted);

  const answer = await send(url, { query: readQuery, variables: { id: "act-1" } }, token);

  const { extensions } = onlyError(answer);
  expect(answer.status).toBe(200);
  expect(extensions).toMatchObject({ code, retryable, upstream: { status: scripted.status } });
  expect(extensions).not.toHaveProperty("outcome");
  if (scripted.status === 422)
    expect(extensions.fieldErrors).toEqual([{ path: ["id"], message: "bad id", rule: "uuid" }]);
});

test.each<[string, () => Promise<ScriptedAnswer>, object]>([
  [
    "a redirect",
    async () => ({ status: 307, headers: { location: "/elsewhere" } }),
    { code: "UPSTREAM_ERROR", retryable: false },
  ],
  [
    "a body that is not JSON",
    async () => ({ status: 200, body: "fine" }),
    { code: "UPSTREAM_BAD_RESPONSE", retryable: false },
  ],
  ["no answer in time", () => new Promise(() => {}), { code: "UPSTREAM_TIMEOUT", retryable: true }],
])("answers a read that ends in %s with a code of its own and no outcome", async (_case, answer, expected) => {
  const upstream = await startUpstream(answer);
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, UPSTREAM_TIMEOUT_MS: "200" });

  const { body } = await send(url, { query: readQuery, variables: { id: "act-1" } }, token);

  expect(body.data).toEqual({ dataExtractionAction: null });
  expect(body.errors?.[0]?.extensions).toMatchObject(expected);
  expect(body.errors?.[0]?.extensions).not.toHaveProperty("outcome");
  expect(upstream.received).toHaveLength(1);
});

test("answers a read whose connection is cut as one that may be sent again", async () => {
  const upstream = await startUpstream(() => {
    void upstream.close();
    return new Promise(() => {});
  });
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const answer = await send(url, { query: readQuery, variables: { id: "act-1" } }, token);

  expect(onlyError(answer).extensions).toMatchObject({ code: "UPSTREAM_ERROR", retryable: true });
});

test("answers UPSTREAM_UNAVAILABLE when there is nobody to read from", async () => {
  const upstream = await startUpstream();
  await upstream.close();
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const answer = await send(url, { query: readQuery, variables: { id: "act-1" } }, token);

  expect(onlyError(answer).extensions).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", retryable: true });
});

test("reads each action once, however many fields and aliases ask for it", async () => {
  const { upstream, url } = await startWith(storedAnswer(stored));
  const query = `{
    first: dataExtractionAction(id: "a") { name isActive }
    again: dataExtractionAction(id: "a") { description webhook { type } }
    other: dataExtractionAction(id: 7) { id name }
  }`;

  const { body } = await send(url, { query }, token);

  expect(body).toEqual({
    data: {
      first: { name: "N", isActive: false },
      again: { description: "D", webhook: { type: "yes/no" } },
      other: { id: "7", name: "N" },
    },
  });
  expect(calls(upstream.received).sort()).toEqual(["GET /v2/_actions/7", "GET /v2/_actions/a"]);
});

test("reads again for the next request, since the action may have changed", async () => {
  const { upstream, url } = await startWith(storedAnswer(stored));

  for (let count = 0; count < 2; count++) await send(url, { query: readQuery, variables: { id: "act-1" } }, token);

  expect(calls(upstream.received)).toEqual(["GET /v2/_actions/act-1", "GET /v2/_actions/act-1"]);
});

test("asks for no details that a directive leaves out", async () => {
  const { upstream, url } = await startWith(storedAnswer(stored));
  const query = createMutation.replace(
    "id name type",
    "id isActive @skip(if: true) webhook @include(if: false) { name }",
  );

  const { body } = await send(url, { query, variables: { input: minimalInput } }, token);

  expect(body.data.createDataExtractionAction.action).toEqual({ id: "act-1" });
  expect(calls(upstream.received)).toEqual(["POST /v2/_actions"]);
});

test("asks for no details of an action that was not created", async () => {
  const upstream = await startUpstream(() => ({ status: 400, body: { detail: "Invalid webhook" } }));
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });

  const query = createMutation.replace("id name type", details);
  const answer = await send(url, { query, variables: { input: minimalInput } }, token);

  expect(onlyError(answer).extensions.outcome).toBe("NOT_CREATED");
  expect(calls(upstream.received)).toEqual(["POST /v2/_actions"]);
});

test("answers null details, and no error, for a created action that ContactSwing does not show yet", async () => {
  const { url } = await startWith({ status: 404, body: { detail: "Action not found" } });

  const query = createMutation.replace("id name type", "id isActive description webhook { name }");
  const { body } = await send(url, { query, variables: { input: minimalInput } }, token);

  expect(body).toEqual({
    data: {
      createDataExtractionAction: {
        ctxId: "ctx-1",
        replayed: false,
        action: { id: "act-1", isActive: null, description: null, webhook: null },
      },
    },
  });
});

test("leaves the payload whole when only the details of a good create fail", async () => {
  const { url } = await startWith({ status: 429, headers: { "retry-after": "3" } });

  const { status, body } = await send(
    url,
    {
      query: createMutation.replace("id name type", "id name type isActive webhook { name }"),
      variables: { input: minimalInput },
    },
    token,
  );

  expect(status).toBe(200);
  expect(body.data.createDataExtractionAction).toMatchObject({
    ctxId: "ctx-1",
    action: { id: "act-1", name: "N", type: "SINGLEDATAEXTRACTION", isActive: null, webhook: null },
  });
  expect(body.errors?.map(({ path, extensions }) => ({ path, ...extensions }))).toMatchObject(
    ["isActive", "webhook"].map((field) => ({
      path: ["createDataExtractionAction", "action", field],
      code: "RATE_LIMITED",
      outcome: "CREATED",
      retryable: false,
    })),
  );
});

describe("references of the federated graph", () => {
  const entities = `query ($representations: [_Any!]!) {
    _entities(representations: $representations) { __typename ... on DataExtractionAction { id name isActive } }
  }`;
  const representation = (id: string) => ({ __typename: "DataExtractionAction", id });

  test("are resolved by one read an action", async () => {
    const { upstream, url } = await startWith(storedAnswer(stored));
    const representations = [representation("a"), representation("b"), representation("a")];

    const { body } = await send(url, { query: entities, variables: { representations } }, token);

    const entity = (id: string) => ({ __typename: "DataExtractionAction", id, name: "N", isActive: false });
    expect(body).toEqual({ data: { _entities: [entity("a"), entity("b"), entity("a")] } });
    expect(calls(upstream.received).sort()).toEqual(["GET /v2/_actions/a", "GET /v2/_actions/b"]);
  });

  test("are null for what does not exist", async () => {
    const { url } = await startWith({ status: 404, body: { detail: "Action not found" } });

    const { body } = await send(url, { query: entities, variables: { representations: [representation("a")] } }, token);

    expect(body).toEqual({ data: { _entities: [null] } });
  });

  test("need a token", async () => {
    const { upstream, url } = await startWith(storedAnswer(stored));

    const answer = await send(url, { query: entities, variables: { representations: [representation("a")] } }, {});

    expect(onlyError(answer).extensions.code).toBe("UNAUTHENTICATED");
    expect(upstream.received).toEqual([]);
  });

  test("may have a number for an id, as GraphQL's ID allows", async () => {
    const { upstream, url } = await startWith(storedAnswer(stored));
    const representations = [{ __typename: "DataExtractionAction", id: 7 }];

    const { body } = await send(url, { query: entities, variables: { representations } }, token);

    expect(body.data._entities).toEqual([{ __typename: "DataExtractionAction", id: "7", name: "N", isActive: false }]);
    expect(calls(upstream.received)).toEqual(["GET /v2/_actions/7"]);
  });

  const malformed = [
    {},
    "text",
    7,
    [],
    { __typename: "DataExtractionAction" },
    { __typename: "DataExtractionAction", id: null },
    { __typename: "DataExtractionAction", id: { a: 1 } },
    { __typename: "DataExtractionAction", id: 1.5 },
    { __typename: "Query", id: "a" },
    { __typename: "Unheard", id: "a" },
    { __typename: 7, id: "a" },
  ];

  test.each(malformed)("are the caller's mistake when one is %j: nothing is read, no bug is logged", async (wrong) => {
    const { upstream, url, logLines } = await startWith(storedAnswer(stored));
    const representations = [representation("a"), wrong];

    const answer = await send(url, { query: entities, variables: { representations } }, token);

    expect(answer.status).toBe(200);
    expect(onlyError(answer).extensions).toEqual({
      code: "BAD_USER_INPUT",
      requestId: answer.headers.get("x-request-id"),
      retryable: false,
      fieldErrors: [
        {
          path: ["representations"],
          message: "Must have `__typename` DataExtractionAction and an `id`: not so at index 1.",
          rule: "type",
        },
      ],
    });
    expect(upstream.received).toEqual([]);
    expect(logLines.filter((line) => line.includes("internal error"))).toEqual([]);
  });

  test("are not looked at without a token", async () => {
    const { url } = await startWith(storedAnswer(stored));

    const answer = await send(url, { query: entities, variables: { representations: malformed } }, {});

    expect(onlyError(answer).extensions.code).toBe("UNAUTHENTICATED");
  });
});
