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
const webhook = {};

const scenarios = "400 422 401 401-403 401-422 403 403-page 404 404-page 307 409 429 429-text 500 502 reset 200-page";
const failuresOfReads = scenarios.split(" ").filter((name) => !["400", "422", "404", "409"].includes(name));

test("every error of the service fits the JSON Schema", async () => {
  const { url } = await startSandboxedService();
  const send = async (body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${demoToken}`, ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    const { errors } = await response.json();
    return errors as { extensions: Record<string, unknown> }[];
  };
  const create = (input: unknown, headers?: Record<string, string>) =>
    send({ query: createQuery, variables: { input } }, headers);

  const errors = [
    ...(await Promise.all(
      [...scenarios.split(" "), "201-no-id", "201-cut", "details-500", "details-429", "details-403"].map((name) =>
        create({ name: `sandbox:${name}`, webhook }),
      ),
    )),
    ...(await Promise.all(
      failuresOfReads.map((name) => send({ query: readQuery, variables: { id: `sandbox:${name}` } })),
    )),
    await create({ name: " ", webhook: { syncData: true } }),
    await create({ name: 7, webhook }),
    await create({ name: "Interested?", webhook }, { authorization: "none" }),
    await send({ query: "mutation {" }),
    await send({ query: "mutation { unknown }" }),
    await send({ query: "query { unknown }" }),
    await send("{"),
    await send("{}", { "content-type": "text/plain" }),
    await send("x".repeat(1024 * 1024)),
    await create({ name: "sandbox:500", webhook, idempotencyKey: "1" }),
    await create({ name: "sandbox:500", webhook, idempotencyKey: "1" }),
    await create({ name: "Interested?", webhook, idempotencyKey: "1" }),
  ];
  for (const [error] of errors) {
    const problems = isValid(error?.extensions) ? [] : isValid.errors;
    expect({ ...error, problems }).toMatchObject({ problems: [] });
  }
  const codes = new Set(errors.map(([error]) => error?.extensions.code));
  expect(codes.size).toBeGreaterThanOrEqual(14);
});

const common = { requestId: "1", retryable: false };

test.each([
  ["a code that does not exist", { ...common, code: "RATE_LIMITTED" }],
  ["fieldErrors of another code", { ...common, code: "FORBIDDEN", fieldErrors: [] }],
  ["retryAfterSeconds of another code", { ...common, code: "BAD_USER_INPUT", retryAfterSeconds: 1 }],
  ["an outcome that the code excludes", { ...common, code: "RATE_LIMITED", outcome: "UNKNOWN" }],
  ["no outcome where there is always one", { ...common, code: "OUTCOME_UNKNOWN" }],
  ["no requestId", { code: "FORBIDDEN", retryable: false }],
])("%s does not fit the JSON Schema", (_name, extensions) => {
  expect(isValid(extensions)).toBe(false);
});
