import type { IncomingHttpHeaders } from "node:http";
import { ApolloServer } from "@apollo/server";
import { ApolloServerPluginInlineTraceDisabled } from "@apollo/server/plugin/disabled";
import { startStandaloneServer } from "@apollo/server/standalone";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { parse } from "graphql";

/** A neighbour in the federated graph: it knows in how many calls an action was triggered, and nothing else of it. */
export const siblingSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])

  type Query {
    "The last calls, newest first."
    recentCalls: [Call!]!
    "The calls, page by page."
    calls: CallConnection
  }

  "A call that a voice agent made."
  type Call @key(fields: "id") {
    id: ID!
    "The action that the agent triggered."
    action: DataExtractionAction
  }

  "A page of calls."
  type CallConnection {
    nodes: [Call!]!
    pageInfo: PageInfo!
  }

  type PageInfo @shareable {
    hasNextPage: Boolean!
    hasPreviousPage: Boolean!
    startCursor: String
    endCursor: String
  }

  type DataExtractionAction @key(fields: "id") {
    id: ID!
    "In how many calls the action was triggered."
    callCount: Int!
  }
`;

/** A small subgraph over HTTP that extends `DataExtractionAction` by its key. `received` are the headers of its requests. */
export async function startSiblingSubgraph(calledActionIds: readonly string[]) {
  const resolvers = {
    Query: {
      recentCalls: () => calledActionIds.map((id, index) => ({ id: `call-${index}`, action: { id } })),
    },
    DataExtractionAction: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      callCount: ({ id }: { id: string }) => calledActionIds.filter((calledId) => calledId === id).length,
    },
  };
  const schema = buildSubgraphSchema([{ typeDefs: parse(siblingSdl), resolvers: resolvers as never }]);
  const server = new ApolloServer({ schema, plugins: [ApolloServerPluginInlineTraceDisabled()] });
  const received: IncomingHttpHeaders[] = [];
  const { url } = await startStandaloneServer(server, {
    listen: { host: "127.0.0.1", port: 0 },
    context: async ({ req }) => received.push(req.headers),
  });
  return { url: new URL(url).origin, received, stop: () => server.stop() };
}
