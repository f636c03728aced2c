import { randomUUID } from "node:crypto";
import { isRecord, parseJson } from "../contactswing/json.ts";
import type { RestOperation } from "../contactswing/rest-operation.ts";
import { postAction } from "../operations/create-data-extraction-action/rest.ts";
import { getAction } from "../operations/data-extraction-action/rest.ts";
import { listActions } from "../operations/data-extraction-actions/rest.ts";
import { asExpected, type Check, different, type Finding, notChecked, toFinding } from "./check.ts";
import { type Aspect, compareObject } from "./compare-fields.ts";
import { type DocumentedOperation, type OpenApiDocument, readOpenApi, type Schema } from "./openapi-document.ts";
import { createSample } from "./sample-value.ts";
import { listSentFields } from "./sent-fields.ts";
import { summarize, type Upstream } from "./upstream.ts";

const sentHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "content-type",
  "accept",
  "user-agent",
  "x-request-id",
  "traceparent",
]);

interface Documented {
  readonly document: OpenApiDocument;
  readonly operation: DocumentedOperation;
}

async function readDocument(upstream: Upstream): Promise<OpenApiDocument | Finding> {
  const exchange = await upstream.readDocument();
  const { baseUrl, token = randomUUID() } = upstream.settings;
  if (exchange.kind !== "response" || exchange.response.status !== 200) {
    return notChecked(`no document: ${summarize(exchange, { token, host: new URL(baseUrl).hostname })}`);
  }
  return readOpenApi(parseJson(exchange.response.body)) ?? notChecked("no document: not OpenAPI 3");
}

const isFinding = (value: object): value is Finding => "status" in value && "observed" in value;

/** A check of a documented operation; without the document or the operation in it, nothing can be checked. */
function createCheck(
  { name: operationName, method, path }: Pick<RestOperation<never, unknown>, "name" | "method" | "path">,
  name: string,
  expected: string,
  judge: (documented: Documented) => Finding,
): Check {
  return {
    name: `openapi.${operationName}.${name}`,
    expected,
    async run(upstream) {
      const document = await readDocument(upstream);
      if (isFinding(document)) return document;
      const operation = document.find(method, path);
      return operation === undefined
        ? notChecked("the document has no such operation")
        : judge({ document, operation });
    },
  };
}

function createPathCheck({ name, method, path }: RestOperation<never, unknown>): Check {
  const expected = `${method} ${path}`;
  return {
    name: `openapi.${name}.path`,
    expected,
    async run(upstream) {
      const document = await readDocument(upstream);
      if (isFinding(document)) return document;
      if (document.find(method, path) !== undefined) return asExpected(expected);
      const similar = document.findSimilar(path);
      const observed = similar.length === 0 ? "not documented" : `not documented, but ${similar.join(", ")}`;
      return different(observed, `${name} fails, or will fail once an undocumented path is removed.`);
    },
  };
}

/** @param query the query parameters that the service sends, with the values that must be accepted. */
function createParameterCheck(operation: RestOperation<never, unknown>, query: Record<string, number>): Check {
  const names = Object.keys(query);
  const expected = `no required parameter but those that are sent${names.length > 0 ? `, and ${names.join(", ")}` : ""}`;
  return createCheck(
    operation,
    "parameters",
    expected,
    ({ document, operation: { parameters, credentialHeaders } }) => {
      const missing = parameters
        .filter(({ name, in: place, isRequired }) => isRequired && !isSent(place, name, names))
        .map(({ name, in: place }) => `${place} ${name}: required, but never sent`);
      const unknown = names
        .filter((name) => !parameters.some((parameter) => parameter.in === "query" && parameter.name === name))
        .map((name) => `query ${name}: not known`);
      const limits = parameters
        .filter(({ name, in: place }) => place === "query" && names.includes(name))
        .flatMap(({ name, schema }) =>
          describeLimit(name, query[name] ?? 0, document.listAlternatives(schema)[0] ?? {}),
        );
      const credentials = credentialHeaders.map(
        (place) => `credentials in ${place}, but the token is in Authorization`,
      );
      const all = [...missing, ...unknown, ...limits, ...credentials];
      return toFinding(
        all,
        `${parameters.length} parameters`,
        `${operation.name} is rejected or ignores what is sent.`,
      );
    },
  );
}

function isSent(place: string, name: string, query: readonly string[]): boolean {
  if (place === "header") return sentHeaders.has(name.toLowerCase());
  return place === "path" || (place === "query" && query.includes(name));
}

/** Why a value is not accepted; nothing if it is. */
function describeLimit(name: string, value: number, { type, minimum, maximum, default: fallback }: Schema): string[] {
  if (type === "string" || type === "boolean") return [`query ${name}: ${type} instead of integer`];
  if (typeof maximum === "number" && maximum < value)
    return [`query ${name}: at most ${maximum}, but ${value} is sent`];
  if (typeof minimum === "number" && minimum > value)
    return [`query ${name}: at least ${minimum}, but ${value} is sent`];
  return name === "page" && fallback === 0 ? ["query page: pages start at 0"] : [];
}

/** Lets the service's own parser read a response that the document allows. */
function createResponseCheck<Args, Result>(operation: RestOperation<Args, Result>, args: Args, status: number): Check {
  const expected = "a response that the service can read";
  return createCheck(operation, "response", expected, ({ document, operation: { responseSchema } }) => {
    const body = createSample(responseSchema, document);
    if (!isRecord(body) || Object.keys(body).length === 0) return notChecked("the response has no schema");
    if (body.data === undefined && "data" in body) return notChecked("the schema says nothing about data");
    const result = operation.parseResponse({ status, body, isOversized: false, isPage: false }, args);
    if (result !== undefined) return asExpected(`readable, with ${Object.keys(body).join(", ")}`);
    const meaning = `Successful responses to ${operation.name} are UPSTREAM_BAD_RESPONSE.`;
    return different(`not readable: ${JSON.stringify(body).slice(0, 160)}`, meaning);
  });
}

const bodyAspects: readonly { readonly aspect: Aspect; readonly expected: string; readonly meaning: string }[] = [
  {
    aspect: "fields",
    expected: "every field that is sent is known",
    meaning: "ContactSwing ignores these fields or rejects every request that has them.",
  },
  {
    aspect: "required",
    expected: "no required field that may be missing",
    meaning: "Create requests without these fields are BAD_USER_INPUT, although the graph accepts them.",
  },
  {
    aspect: "types",
    expected: "the JSON types that are sent",
    meaning: "Create requests with these fields are BAD_USER_INPUT, whatever their value.",
  },
  {
    aspect: "enums",
    expected: "the values of the graph's enums",
    meaning: "Users cannot choose what the graph lacks; a value that is not accepted is BAD_USER_INPUT.",
  },
  {
    aspect: "limits",
    expected: "the length limits of the graph, or none",
    meaning:
      "A stricter limit rejects texts that the graph accepts; with a looser one the graph rejects texts in vain.",
  },
];

function createBodyCheck({ aspect, expected, meaning }: (typeof bodyAspects)[number]): Check {
  return createCheck(postAction, aspect, expected, ({ document, operation: { requestSchema } }) => {
    if (requestSchema === undefined) return notChecked("the request has no schema");
    const { differences, open } = compareObject(listSentFields(), requestSchema, document);
    const texts = differences.filter((difference) => difference.aspect === aspect).map(({ text }) => text);
    if (texts.length === 0 && open.length > 0)
      return notChecked(`nothing is said about the fields of ${open.join(", ")}`);
    return toFinding(texts, "no difference", meaning);
  });
}

/** The checks of ContactSwing's own description, which FastAPI serves unless it is turned off. */
export const openApiChecks: readonly Check[] = [
  {
    name: "openapi.document",
    expected: "GET /openapi.json describes the API, if it exists",
    async run(upstream) {
      const document = await readDocument(upstream);
      return isFinding(document) ? document : asExpected(`OpenAPI ${document.version}`);
    },
  },
  createPathCheck(postAction),
  ...bodyAspects.map(createBodyCheck),
  createParameterCheck(postAction, {}),
  createResponseCheck(postAction, undefined as never, 201),
  createPathCheck(getAction),
  createParameterCheck(getAction, {}),
  createResponseCheck(getAction, { id: "id" }, 200),
  createPathCheck(listActions),
  createParameterCheck(listActions, { page: 1, per_page: 100 }),
  createResponseCheck(listActions, { page: 1, pageSize: 10 }, 200),
];
