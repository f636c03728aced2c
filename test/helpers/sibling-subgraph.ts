import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { buildSubgraphSchema } from "@apollo/subgraph";
import { graphql, parse } from "graphql";

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

export interface SiblingSubgraph {
  readonly url: string;
  /** The headers of every request, oldest first. */
  readonly received: IncomingHttpHeaders[];
  readonly stop: () => Promise<void>;
}

/** A small subgraph on a real HTTP server that extends `DataExtractionAction` by its key. */
export async function startSiblingSubgraph(calledActionIds: readonly string[]): Promise<SiblingSubgraph> {
  const countCalls = (id: string) => calledActionIds.filter((calledId) => calledId === id).length;
  const resolvers = {
    Query: {
      recentCalls: () => calledActionIds.map((id, index) => ({ id: `call-${index}`, action: { id } })),
    },
    DataExtractionAction: {
      __resolveReference: ({ id }: { id: string }) => ({ id }),
      callCount: ({ id }: { id: string }) => countCalls(id),
    },
  };
  const schema = buildSubgraphSchema([{ typeDefs: parse(siblingSdl), resolvers: resolvers as never }]);
  const received: IncomingHttpHeaders[] = [];
  const server = createServer(async (request, response) => {
    received.push(request.headers);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { query, variables, operationName } = JSON.parse(Buffer.concat(chunks).toString());
    const result = await graphql({ schema, source: query, variableValues: variables, operationName });
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(result));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, stop };
}
