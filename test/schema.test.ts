import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import {
  type ASTNode,
  buildClientSchema,
  getIntrospectionQuery,
  Kind,
  parse,
  print,
  printSchema,
  visit,
} from "graphql";
import { send } from "./helpers/graphql.ts";
import { startSandboxedService } from "./helpers/service.ts";

const sdl = readFileSync(new URL("../schema.graphql", import.meta.url), "utf8");

/** The schema that callers rely on, without descriptions. */
const agreedSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key", "@shareable"])
  type Query {
    dataExtractionAction(id: ID!): DataExtractionAction
    dataExtractionActions(first: Int! = 20, after: String): DataExtractionActionConnection
  }
  type Mutation {
    createDataExtractionAction(input: CreateDataExtractionActionInput!): CreateDataExtractionActionPayload
  }
  input CreateDataExtractionActionInput {
    name: String!
    description: String
    actionTiming: DataExtractionActionTiming! = DURING
    type: DataExtractionActionType! = SINGLEDATAEXTRACTION
    webhook: DataExtractionWebhookInput!
    idempotencyKey: ID
  }
  input DataExtractionWebhookInput {
    mandatory: Boolean
    name: String
    description: String
    type: DataExtractionResponseType
    syncData: Boolean
    syncModule: String
    syncField: String
  }
  enum DataExtractionActionTiming { DURING }
  enum DataExtractionActionType { SINGLEDATAEXTRACTION }
  enum DataExtractionResponseType { YES_NO }
  type CreateDataExtractionActionPayload { action: DataExtractionAction! ctxId: ID replayed: Boolean! }
  type DataExtractionAction @key(fields: "id") {
    id: ID!
    name: String!
    type: DataExtractionActionType!
    description: String
    isActive: Boolean
    webhook: DataExtractionWebhook
  }
  type DataExtractionWebhook {
    mandatory: Boolean
    name: String
    description: String
    type: DataExtractionResponseType
    rawType: String
    syncData: Boolean
    syncModule: String
    syncField: String
  }
  type DataExtractionActionConnection { edges: [DataExtractionActionEdge!]! pageInfo: PageInfo! }
  type DataExtractionActionEdge { cursor: String! node: DataExtractionAction! }
  type PageInfo @shareable {
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
    endCursor: String
  }
`;

/** Definitions without descriptions, in an order of their own. */
function normalize(text: string): string[] {
  const document = visit(parse(text), {
    enter(node: ASTNode) {
      if ("fields" in node && node.fields) {
        const fields = [...node.fields].sort((a, b) => a.name.value.localeCompare(b.name.value));
        return { ...node, description: undefined, fields };
      }
      return "description" in node ? { ...node, description: undefined } : undefined;
    },
  });
  return document.definitions.map((definition: ASTNode) => print(definition)).sort();
}

/** Types, fields, arguments, and enum values that have a name but no description, except federation's own. */
function findUndescribed(text: string): string[] {
  const undescribed: string[] = [];
  visit(parse(text), {
    enter(node) {
      if (node.kind === Kind.DIRECTIVE_DEFINITION) return false;
      if (!("name" in node) || !/Definition$/.test(node.kind)) return undefined;
      const name = node.name?.value ?? "";
      if (/^_|__/.test(name)) return false;
      if (!("description" in node) || !node.description?.value.trim()) undescribed.push(name);
      return undefined;
    },
  });
  return undescribed;
}

test("the schema is exactly the agreed one, and links to the directives that it uses", () => {
  expect(normalize(sdl)).toEqual(normalize(agreedSdl));
  expect(sdl.match(/@(?!link)\w+(?=[ ({])/g)).toEqual(["@key", "@shareable"]);
});

test("every type, field, argument, and enum value has a description", () => {
  expect(findUndescribed(agreedSdl)).toEqual(expect.arrayContaining(["Query", "id", "input", "YES_NO", "replayed"]));
  expect(findUndescribed(sdl)).toEqual([]);
});

describe("without a token", () => {
  test.each(["true", "false"])("the subgraph SDL is schema.graphql with PLAYGROUND=%s", async (PLAYGROUND) => {
    const { url, sandbox } = await startSandboxedService({ PLAYGROUND });

    const { status, body } = await send(url, { query: "{ _service { sdl } }" }, {});

    expect(status).toBe(200);
    expect(body).toEqual({ data: { _service: { sdl } } });
    expect(sandbox.requests).toEqual([]);
  });

  test("introspection has every type and every description", async () => {
    const { url, sandbox } = await startSandboxedService();

    const { body } = await send(url, { query: getIntrospectionQuery() }, {});

    const introspected = printSchema(buildClientSchema(body.data));
    const namesIn = (text: string) => [...text.matchAll(/^ *(?:type|input|enum) ([A-Z]\w+)/gm)].map(([, name]) => name);
    expect(namesIn(introspected).sort()).toEqual(namesIn(agreedSdl).sort());
    expect(findUndescribed(introspected)).toEqual([]);
    expect(sandbox.requests).toEqual([]);
  });
});
