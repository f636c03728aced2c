import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { demoToken, startSandboxedService } from "./service.mjs";

const schema = JSON.parse(readFileSync(new URL("./recipes/error-extensions.schema.json", import.meta.url), "utf8"));
const isValid = new Ajv({ strict: true }).compile(schema);

const createQuery = `mutation ($input: CreateDataExtractionActionInput!) {
  createDataExtractionAction(input: $input) { action { id isActive } }
}`;
const readQuery = "query ($id: ID!) { dataExtractionAction(id: $id) { name } }";

const failuresOfReads = "401 403 404-page 429 500 reset 200-page".split(" ");
const scenarios = [..."400 422 404 409 307 429-text 201-no-id details-500 details-403".split(" "), ...failuresOfReads];

test("every error of the service fits the JSON Schema", async () => {
  const { url } = await startSandboxedService();
  const send = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${demoToken}`, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const { errors } = await response.json();
    return errors as { extensions: { code: string } }[];
  };
  const create = (input: unknown, headers?: Record<string, string>) =>
    send({ query: createQuery, variables: { input } }, headers);

  const named = (name: string, more = {}) => ({ name, webhook: {}, ...more });
  const creates = scenarios.map((name) => create(named(`sandbox:${name}`)));
  const reads = failuresOfReads.map((name) => send({ query: readQuery, variables: { id: `sandbox:${name}` } }));
  const errors = [
    ...(await Promise.all([...creates, ...reads])),
    await create(named(" ", { webhook: { syncData: true } })),
    await create({ ...named(""), name: 7 }),
    await create(named("Interested?"), { authorization: "none" }),
    await send({ query: "mutation {" }),
    await send({ query: "mutation { unknown }" }),
    await send({ query: "query { unknown }" }),
    await send("{"),
    await send("{}", { "content-type": "text/plain" }),
    await send("x".repeat(1024 * 1024)),
    await create(named("sandbox:500", { idempotencyKey: "1" })),
    await create(named("sandbox:500", { idempotencyKey: "1" })),
    await create(named("Interested?", { idempotencyKey: "1" })),
  ];

  const invalid = errors.flatMap(([error]) =>
    isValid(error?.extensions) ? [] : [{ error, problems: isValid.errors }],
  );
  expect(invalid).toEqual([]);
  expect(new Set(errors.map(([error]) => error?.extensions.code)).size).toBeGreaterThanOrEqual(14);
});

const common = { requestId: "1", retryable: false };

test.each([
  ["a code that does not exist", { ...common, code: "RATE_LIMITTED" }],
  ["fieldErrors of another code", { ...common, code: "FORBIDDEN", fieldErrors: [] }],
  ["retryAfterSeconds of another code", { ...common, code: "BAD_USER_INPUT", retryAfterSeconds: 1 }],
  ["an outcome that the code excludes", { ...common, code: "IDEMPOTENCY_KEY_REUSED", outcome: "CREATED" }],
  ["no outcome where there is always one", { ...common, code: "OUTCOME_UNKNOWN" }],
  ["no requestId", { code: "FORBIDDEN", retryable: false }],
])("%s does not fit the JSON Schema", (_name, extensions) => {
  expect(isValid(extensions)).toBe(false);
});
