import { type RestOperation, UnexpectedResponse } from "../contactswing/rest-operation.ts";
import type { DeclaringClass, JsonType } from "../fields/field-type.ts";
import { listFields } from "../fields/rest-field.ts";
import { parseObject } from "../fields/rest-json.ts";
import type { Operation } from "../operations/operation.ts";
import { isRecord } from "../text/json.ts";
import { type Check, Different, NotChecked } from "./check.ts";
import { compareValue, type FieldAspect, findOtherType } from "./compare-fields.ts";
import { createExample, createSample } from "./create-sample.ts";
import { type DocumentedOperation, type OpenApiDocument, readOpenApi, type Schema } from "./openapi-document.ts";
import type { Upstream } from "./upstream.ts";

type AnyOperation = RestOperation<never, unknown>;

/** A check of an operation that the document has. */
interface OperationCheck {
  readonly name: string;
  readonly expected: string;
  readonly judge: (documented: DocumentedOperation, document: OpenApiDocument) => string;
}

/** The checks of ContactSwing's own description, which FastAPI serves unless it is turned off. */
export function createOpenApiChecks(operations: readonly Operation[], upstream: Upstream): readonly Check[] {
  const readDocument = async () => readOpenApi(await upstream.readDocument());
  const texts = ["example", ...operations.flatMap(({ rest }) => listValues(rest.arguments.bodyClass))];
  const documentCheck: Check = {
    name: "openapi.document",
    expected: "GET /openapi.json describes the API, if it exists",
    run: async () => `OpenAPI ${(await readDocument()).version}`,
  };
  return [documentCheck, ...operations.flatMap(({ rest }) => createChecks(rest, texts, readDocument))];
}

/** The REST values of the enums in an input: a text such as `type` may decide how a response is read. */
function listValues(declaring: DeclaringClass | undefined): readonly string[] {
  return declaring === undefined ? [] : listFields(declaring).flatMap(({ type }) => listValuesOf(type.json));
}

function listValuesOf(json: JsonType): readonly string[] {
  if (json.type === "object") return listValues(json.getClass());
  if (json.type === "array") return listValuesOf(json.items);
  return json.type === "string" ? (json.values ?? []) : [];
}

function createChecks(
  operation: AnyOperation,
  texts: readonly string[],
  readDocument: () => Promise<OpenApiDocument>,
): readonly Check[] {
  const { name, method, path } = operation;
  const pathCheck: Check = {
    name: `openapi.${name}.path`,
    expected: `${method} ${path}`,
    async run() {
      const { find, findSimilar } = await readDocument();
      if (find(method, path) !== undefined) return `${method} ${path}`;
      const observed = ["not documented", ...findSimilar(path)].join(", but ");
      throw new Different(observed, `${name} fails, or will fail once an undocumented path is removed.`);
    },
  };
  const others = [...checkBody(operation), checkParameters(operation), checkResponse(operation, texts)].map(
    ({ name: aspect, expected, judge }): Check => ({
      name: `openapi.${name}.${aspect}`,
      expected,
      async run() {
        const document = await readDocument();
        const documented = document.find(method, path);
        if (documented === undefined) throw new NotChecked("the document has no such operation");
        return judge(documented, document);
      },
    }),
  );
  return [pathCheck, ...others];
}

/** What is expected of a body, and what a difference means. */
const bodyAspects: Readonly<Record<FieldAspect, readonly [expected: string, meaning: string]>> = {
  fields: [
    "every field that is sent is known",
    "ContactSwing ignores these fields or rejects every request that has them.",
  ],
  required: [
    "no required field that may be missing",
    "Requests without these fields are BAD_USER_INPUT, although the graph accepts them.",
  ],
  types: ["the JSON types that are sent", "Requests with these fields are BAD_USER_INPUT, whatever their value."],
  enums: [
    "the values of the graph's enums",
    "Users cannot choose what the graph lacks; a value that is not accepted is BAD_USER_INPUT.",
  ],
  limits: [
    "the length limits of the graph, or none",
    "A stricter limit rejects texts that the graph accepts; with a looser one the graph rejects texts in vain.",
  ],
};

function checkBody({ arguments: { bodyClass } }: AnyOperation): readonly OperationCheck[] {
  if (bodyClass === undefined) return [];
  return Object.entries(bodyAspects).map(([aspect, [expected, meaning]]) => ({
    name: aspect,
    expected,
    judge({ requestSchema }, document) {
      if (requestSchema === undefined) throw new NotChecked("the request has no schema");
      const differences = compareValue({ type: "object", getClass: () => bodyClass }, requestSchema, document);
      const textsOf = (wanted: string) =>
        differences.filter((difference) => difference.aspect === wanted).map(({ text }) => text);
      requireNone(textsOf(aspect), meaning);
      const open = textsOf("open");
      if (open.length > 0) throw new NotChecked(`nothing is said about the fields of ${open.join(", ")}`);
      return "no difference";
    },
  }));
}

const sentHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "content-type",
  "accept",
  "user-agent",
  "x-request-id",
  "traceparent",
  "tracestate",
]);

function checkParameters(operation: AnyOperation): OperationCheck {
  const { query = {} } = operation.toRequest(exampleArguments(operation));
  const isSent = ({ place, name }: DocumentedOperation["parameters"][number]) =>
    place === "path" || (place === "header" ? sentHeaders.has(name.toLowerCase()) : place === "query" && name in query);
  return {
    name: "parameters",
    expected: ["no required parameter but those that are sent", ...Object.keys(query)].join(", and "),
    judge({ parameters, credentialPlaces }, document) {
      const differences = [
        ...parameters
          .filter((parameter) => parameter.isRequired && !isSent(parameter))
          .map(({ place, name }) => `${place} ${name}: required, but never sent`),
        ...Object.entries(query).flatMap(([name, value]) => {
          const parameter = parameters.find((candidate) => candidate.place === "query" && candidate.name === name);
          const [schema] = document.listAlternatives(parameter?.schema);
          const problems = parameter && schema ? [...compareParameter(name, Number(value), schema)] : ["not known"];
          return problems.map((problem) => `query ${name}: ${problem}`);
        }),
        ...credentialPlaces.map((place) => `credentials in ${place}, but the token is in Authorization`),
      ];
      requireNone(differences, `${operation.name} is rejected or ignores what is sent.`);
      return `${parameters.length} parameters`;
    },
  };
}

/** Why a query parameter is not accepted as it is sent; nothing if it is. */
function* compareParameter(name: string, value: number, schema: Schema): Iterable<string> {
  const otherType = findOtherType("integer", schema);
  if (otherType !== undefined) yield `${otherType} instead of integer`;
  if (Number(schema.maximum) < value) yield `at most ${schema.maximum}, but ${value} is sent`;
  if (Number(schema.minimum) > value) yield `at least ${schema.minimum}, but ${value} is sent`;
  if (name === "page" && schema.default === 0) yield "pages start at 0";
}

/** Lets the service's own parser read responses that the document allows. */
function checkResponse(operation: AnyOperation, texts: readonly string[]): OperationCheck {
  const [status = 200] = operation.doneStatuses;
  function isReadable(body: unknown): boolean {
    try {
      operation.parseResponse({ status, body, isOversized: false }, exampleArguments(operation));
      return true;
    } catch (error) {
      if (error instanceof UnexpectedResponse) return false;
      throw error;
    }
  }
  return {
    name: "response",
    expected: "a response that the service can read",
    judge({ responseSchema }, document) {
      const bodies = texts.map((text) => createSample(responseSchema, document, text)).filter(isRecord);
      const [body = {}] = bodies;
      if (Object.keys(body).length === 0) throw new NotChecked("the response has no schema");
      if ("data" in body && body.data === undefined) throw new NotChecked("the schema says nothing about data");
      const unreadable = bodies.filter((each) => !isReadable(each)).slice(0, 1);
      requireNone(
        unreadable.map((each) => `not readable: ${JSON.stringify(each).slice(0, 160)}`),
        `Successful responses to ${operation.name} are UPSTREAM_BAD_RESPONSE.`,
      );
      return `readable, with ${Object.keys(body).join(", ")}`;
    },
  };
}

/** Arguments with a value in every field. */
function exampleArguments({ arguments: { names, bodyClass, example } }: AnyOperation): never {
  const input = bodyClass && parseObject(bodyClass, createExample(bodyClass), "example");
  const parameters = Object.keys(names.pathParameters).map((name) => [name, "example"]);
  return (example ?? {
    ...Object.fromEntries(parameters),
    ...(names.body && { [names.body.argument]: input }),
  }) as never;
}

/** @throws Different if there are differences. */
function requireNone(differences: readonly string[], meaning: string): void {
  if (differences.length > 0) throw new Different(differences.join("; "), meaning);
}
