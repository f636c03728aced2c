import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
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
import { startService } from "./helpers/service.ts";

const sdl = readFileSync(new URL("../schema.graphql", import.meta.url), "utf8");

/** The graph as it was agreed on with its users, without descriptions. */
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
  type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
`;

/** Each definition with its fields in alphabetical order, without descriptions. */
function printSorted(text: string): string[] {
  const byName = (nodes: readonly { name: { value: string } }[] | undefined) =>
    nodes?.toSorted((a, b) => a.name.value.localeCompare(b.name.value));
  const bare = visit(parse(text), {
    enter: (node: ASTNode) => ("description" in node ? { ...node, description: undefined } : undefined),
    leave: (node: ASTNode) => ("fields" in node ? { ...node, fields: byName(node.fields as never) } : undefined),
  });
  return bare.definitions.map((definition: ASTNode) => print(definition)).sort();
}

/** The types, fields, arguments, and enum values without a description. */
function findUndescribed(text: string): string[] {
  const kinds: ReadonlySet<string> = new Set([
    Kind.OBJECT_TYPE_DEFINITION,
    Kind.INPUT_OBJECT_TYPE_DEFINITION,
    Kind.ENUM_TYPE_DEFINITION,
    Kind.FIELD_DEFINITION,
    Kind.INPUT_VALUE_DEFINITION,
    Kind.ENUM_VALUE_DEFINITION,
  ]);
  const undescribed: string[] = [];
  visit(parse(text), {
    DirectiveDefinition: () => false,
    enter(node) {
      if (!kinds.has(node.kind) || !("description" in node) || !("name" in node)) return undefined;
      const name = node.name?.value ?? "";
      // Federation's own.
      if (/^_|__/.test(name)) return false;
      if ((node.description?.value.trim() ?? "") === "") undescribed.push(name);
      return undefined;
    },
  });
  return undescribed;
}

test("the schema is exactly what was agreed on, with a description everywhere", () => {
  expect(printSorted(sdl)).toEqual(printSorted(agreedSdl));
  expect(findUndescribed(sdl)).toEqual([]);
});

test.each(["true", "false"])(
  "the service shows schema.graphql to anyone as its subgraph SDL, with PLAYGROUND=%s",
  async (PLAYGROUND) => {
    const { url } = await startService({ PLAYGROUND });

    const { status, body } = await send(url, { query: "{ _service { sdl } }" }, {});

    expect(status).toBe(200);
    expect(body).toEqual({ data: { _service: { sdl } } });
  },
);

test("introspection shows a description everywhere", async () => {
  const { url } = await startService({});

  const { body } = await send(url, { query: getIntrospectionQuery() }, {});

  const introspected = printSchema(buildClientSchema(body.data));
  expect(introspected).toContain("createDataExtractionAction");
  expect(findUndescribed(introspected)).toEqual([]);
});
