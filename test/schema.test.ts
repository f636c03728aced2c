import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import {
  type ASTNode,
  buildClientSchema,
  type DocumentNode,
  getIntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  parse,
  print,
  visit,
} from "graphql";
import { send } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";
import { startUpstream } from "./helpers/upstream.ts";

const sdl = readFileSync(new URL("../schema.graphql", import.meta.url), "utf8");

/** The graph as it was agreed on with its users, without descriptions. */
const agreedSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@key"])
  type Query { dataExtractionAction(id: ID!): DataExtractionAction }
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
    type: String
    syncData: Boolean
    syncModule: String
    syncField: String
  }
`;

function printSorted(document: DocumentNode): string[] {
  const bare = visit(document, {
    enter: (node: ASTNode) => ("description" in node ? { ...node, description: undefined } : undefined),
  });
  return bare.definitions.map((definition: ASTNode) => print(definition)).sort();
}

test("the schema holds exactly what was agreed on, and nothing else", () => {
  expect(printSorted(parse(sdl))).toEqual(printSorted(parse(agreedSdl)));
});

test("the schema links to nothing but the directives that it uses", () => {
  const used = new Set<string>();
  const imported: string[] = [];
  visit(parse(sdl), {
    SchemaExtension(node) {
      const [link] = node.directives ?? [];
      expect(node.directives).toHaveLength(1);
      expect(link?.name.value).toBe("link");
      for (const { name, value } of link?.arguments ?? []) {
        if (name.value === "import" && value.kind === Kind.LIST)
          imported.push(...value.values.map((item) => (item.kind === Kind.STRING ? item.value : print(item))));
      }
      return false;
    },
    Directive: (node) => {
      used.add(`@${node.name.value}`);
    },
  });

  expect(imported.sort()).toEqual([...used].sort());
});

const describedKinds: ReadonlySet<string> = new Set([
  Kind.OBJECT_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.FIELD_DEFINITION,
  Kind.INPUT_VALUE_DEFINITION,
  Kind.ENUM_VALUE_DEFINITION,
]);

test("every type, field, argument and enum value of the schema has a description", () => {
  const described: string[] = [];
  const undescribed: string[] = [];
  visit(parse(sdl), {
    enter(node) {
      if (!describedKinds.has(node.kind) || !("description" in node) || !("name" in node)) return;
      const hasText = (node.description?.value.trim() ?? "") !== "";
      (hasText ? described : undescribed).push(node.name?.value ?? node.kind);
    },
  });

  expect(undescribed).toEqual([]);
  expect(described).toEqual(expect.arrayContaining(["Query", "Mutation", "id", "input", "YES_NO", "replayed"]));
});

describe("what the running service says of its schema, to anyone", () => {
  const anyone = {};

  test.each(["true", "false"])("is schema.graphql as its subgraph SDL, with PLAYGROUND=%s", async (PLAYGROUND) => {
    const upstream = await startUpstream();
    const { url } = await startService({ CONTACTSWING_URL: upstream.url, PLAYGROUND });

    const { status, body } = await send(url, { query: "{ _service { sdl } }" }, anyone);

    expect(status).toBe(200);
    expect(body).toEqual({ data: { _service: { sdl } } });
    expect(upstream.received).toEqual([]);
  });

  test("has a description everywhere in introspection too", async () => {
    const upstream = await startUpstream();
    const { url } = await startService({ CONTACTSWING_URL: upstream.url });

    const { body } = await send(url, { query: getIntrospectionQuery() }, anyone);

    const types = Object.values(buildClientSchema(body.data).getTypeMap()).filter(
      (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type) && !/^_|__/.test(type.name),
    );
    const names = types.map(({ name }) => name).sort();
    expect(names).toEqual([...agreedSdl.matchAll(/(?:type|input|enum) (\w+)/g)].map(([, name]) => name).sort());
    const undescribed = types.flatMap((type) => {
      const parts = isEnumType(type)
        ? type.getValues()
        : isObjectType(type) || isInputObjectType(type)
          ? Object.values(type.getFields()).filter(({ name }) => !name.startsWith("_"))
          : [];
      const args = parts.flatMap((part) => ("args" in part ? part.args : []));
      return [type, ...parts, ...args].filter(({ description }) => !description?.trim()).map(({ name }) => name);
    });
    expect(undescribed).toEqual([]);
    expect(upstream.received).toEqual([]);
  });
});
