import { type RestOperation, UnexpectedResponse } from "../contactswing/rest-operation.ts";
import type { CreateDataExtractionActionInput } from "../operations/create-data-extraction-action/input.ts";
import { postAction } from "../operations/create-data-extraction-action/operation.ts";
import { getAction } from "../operations/data-extraction-action/operation.ts";
import { listActions } from "../operations/data-extraction-actions/operation.ts";
import { isRecord } from "../text/json.ts";
import { type Check, Different, NotChecked } from "./check.ts";
import { compareObject, type Difference } from "./compare-fields.ts";
import { type DocumentedOperation, type OpenApiDocument, readOpenApi, type Schema } from "./openapi-document.ts";
import { createSample } from "./sample-value.ts";
import type { Upstream } from "./upstream.ts";

const sentHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "content-type",
  "accept",
  "user-agent",
  "x-request-id",
  "traceparent",
]);

async function readDocument(upstream: Upstream): Promise<OpenApiDocument> {
  const document = readOpenApi(await upstream.readDocument());
  if (document === undefined) throw new NotChecked("no document: not OpenAPI 3");
  return document;
}

interface OperationCheck {
  readonly name: string;
  readonly expected: string;
  readonly judge: (operation: DocumentedOperation, document: OpenApiDocument) => string;
}

/** The checks of one operation. All but the first need the operation in the document. */
function createChecks({ name, method, path }: RestOperation<never, unknown>, checks: readonly OperationCheck[]) {
  const pathCheck: Check = {
    name: `openapi.${name}.path`,
    expected: `${method} ${path}`,
    async run(upstream) {
      const document = await readDocument(upstream);
      if (document.find(method, path) !== undefined) return `${method} ${path}`;
      const similar = document.findSimilar(path);
      const observed = similar.length === 0 ? "not documented" : `not documented, but ${similar.join(", ")}`;
      throw new Different(observed, `${name} fails, or will fail once an undocumented path is removed.`);
    },
  };
  const others = checks.map(
    ({ name: aspect, expected, judge }): Check => ({
      name: `openapi.${name}.${aspect}`,
      expected,
      async run(upstream) {
        const document = await readDocument(upstream);
        const operation = document.find(method, path);
        if (operation === undefined) throw new NotChecked("the document has no such operation");
        return judge(operation, document);
      },
    }),
  );
  return [pathCheck, ...others];
}

/** @param query the query parameters that the service sends, with values that must be accepted. */
function checkParameters(operationName: string, query: Readonly<Record<string, number>> = {}): OperationCheck {
  const names = Object.keys(query);
  const isSent = (place: string, name: string) =>
    place === "header" ? sentHeaders.has(name.toLowerCase()) : place === "path" || (place === "query" && name in query);
  return {
    name: "parameters",
    expected: `no required parameter but those that are sent${names.length > 0 ? `, and ${names.join(", ")}` : ""}`,
    judge({ parameters, credentialPlaces }, document) {
      const differences = [
        ...parameters
          .filter((parameter) => parameter.isRequired && !isSent(parameter.in, parameter.name))
          .map((parameter) => `${parameter.in} ${parameter.name}: required, but never sent`),
        ...Object.entries(query).flatMap(([name, value]) => {
          const parameter = parameters.find((candidate) => candidate.in === "query" && candidate.name === name);
          if (parameter === undefined) return [`query ${name}: not known`];
          return describeLimit(name, value, document.listAlternatives(parameter.schema)[0] ?? {});
        }),
        ...credentialPlaces.map((place) => `credentials in ${place}, but the token is in Authorization`),
      ];
      if (differences.length === 0) return `${parameters.length} parameters`;
      throw new Different(differences.join("; "), `${operationName} is rejected or ignores what is sent.`);
    },
  };
}

/** Why a value is not accepted; nothing if it is. */
function describeLimit(name: string, value: number, { type, minimum, maximum, default: fallback }: Schema): string[] {
  if (type === "string" || type === "boolean") return [`query ${name}: ${type} instead of integer`];
  if (Number(maximum) < value) return [`query ${name}: at most ${maximum}, but ${value} is sent`];
  if (Number(minimum) > value) return [`query ${name}: at least ${minimum}, but ${value} is sent`];
  return name === "page" && fallback === 0 ? ["query page: pages start at 0"] : [];
}

/** Lets the service's own parser read a response that the document allows. */
function checkResponse<Args>(operation: RestOperation<Args, unknown>, args: Args, status: number): OperationCheck {
  return {
    name: "response",
    expected: "a response that the service can read",
    judge({ responseSchema }, document) {
      const body = createSample(responseSchema, document);
      if (!isRecord(body) || Object.keys(body).length === 0) throw new NotChecked("the response has no schema");
      if ("data" in body && body.data === undefined) throw new NotChecked("the schema says nothing about data");
      try {
        operation.parseResponse({ status, body, isOversized: false }, args);
      } catch (error) {
        if (!(error instanceof UnexpectedResponse)) throw error;
        const meaning = `Successful responses to ${operation.name} are UPSTREAM_BAD_RESPONSE.`;
        throw new Different(`not readable: ${JSON.stringify(body).slice(0, 160)}`, meaning);
      }
      return `readable, with ${Object.keys(body).join(", ")}`;
    },
  };
}

function checkBody(aspect: Difference["aspect"], expected: string, meaning: string): OperationCheck {
  return {
    name: aspect,
    expected,
    judge({ requestSchema }, document) {
      if (requestSchema === undefined) throw new NotChecked("the request has no schema");
      const all = compareObject(postAction.arguments.listSentFields(), requestSchema, document);
      const textsOf = (wanted: Difference["aspect"]) =>
        all.filter((difference) => difference.aspect === wanted).map(({ text }) => text);
      const differences = textsOf(aspect);
      if (differences.length > 0) throw new Different(differences.join("; "), meaning);
      const open = textsOf("open");
      if (open.length > 0) throw new NotChecked(`nothing is said about the fields of ${open.join(", ")}`);
      return "no difference";
    },
  };
}

/** The checks of ContactSwing's own description, which FastAPI serves unless it is turned off. */
export const openApiChecks: readonly Check[] = [
  {
    name: "openapi.document",
    expected: "GET /openapi.json describes the API, if it exists",
    run: async (upstream) => `OpenAPI ${(await readDocument(upstream)).version}`,
  },
  ...createChecks(postAction, [
    checkBody(
      "fields",
      "every field that is sent is known",
      "ContactSwing ignores these fields or rejects every request that has them.",
    ),
    checkBody(
      "required",
      "no required field that may be missing",
      "Create requests without these fields are BAD_USER_INPUT, although the graph accepts them.",
    ),
    checkBody(
      "types",
      "the JSON types that are sent",
      "Create requests with these fields are BAD_USER_INPUT, whatever their value.",
    ),
    checkBody(
      "enums",
      "the values of the graph's enums",
      "Users cannot choose what the graph lacks; a value that is not accepted is BAD_USER_INPUT.",
    ),
    checkBody(
      "limits",
      "the length limits of the graph, or none",
      "A stricter limit rejects texts that the graph accepts; with a looser one the graph rejects texts in vain.",
    ),
    checkParameters(postAction.name),
    checkResponse(postAction, { input: { name: "name" } as CreateDataExtractionActionInput }, 201),
  ]),
  ...createChecks(getAction, [checkParameters(getAction.name), checkResponse(getAction, { id: "id" }, 200)]),
  ...createChecks(listActions, [
    checkParameters(listActions.name, { page: 1, per_page: 100 }),
    checkResponse(listActions, { page: 1, pageSize: 10 }, 200),
  ]),
];
