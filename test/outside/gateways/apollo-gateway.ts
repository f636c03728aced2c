// Apollo Gateway as a process of its own: `node apollo-gateway.ts <supergraph file>` prints its URL once it listens.
import { readFileSync } from "node:fs";
import process from "node:process";
import { ApolloGateway, RemoteGraphQLDataSource } from "@apollo/gateway";
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import { forwardedHeaders } from "./forwarded-headers.ts";

type ClientHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Forwards what identifies the client and its request to the one subgraph that acts on the client's behalf. */
class ForwardingDataSource extends RemoteGraphQLDataSource<{ headers?: ClientHeaders }> {
  override willSendRequest({
    request,
    context,
  }: Parameters<NonNullable<RemoteGraphQLDataSource["willSendRequest"]>>[0]) {
    for (const name of forwardedHeaders) {
      const value = (context as { headers?: ClientHeaders }).headers?.[name];
      if (typeof value === "string") request.http?.headers.set(name, value);
    }
  }
}

const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(process.argv[2] ?? "", "utf8"),
  buildService: ({ name, url = "" }) =>
    name === "contactswing" ? new ForwardingDataSource({ url }) : new RemoteGraphQLDataSource({ url }),
});
const server = new ApolloServer<{ headers?: ClientHeaders }>({ gateway, includeStacktraceInErrorResponses: false });
const { url } = await startStandaloneServer(server, {
  listen: { host: "127.0.0.1", port: 0 },
  context: async ({ req }) => ({ headers: req.headers }),
});
process.stdout.write(`listening on ${new URL(url).origin}\n`);
