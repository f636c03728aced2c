import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

const banner = "# Printed from schema.graphql by `npm run schema`: the graph of deploy/compose.yaml.\n";

/**
 * The supergraph of deploy/compose.yaml, whose one subgraph is the service under its name in that file.
 * @throws Error with every reason why it does not compose.
 */
export function printComposeSupergraph(sdl: string): string {
  const { supergraphSdl, errors } = composeServices([
    { name: "contactswing", url: "http://bff:4000/graphql", typeDefs: parse(sdl) },
  ]);
  if (supergraphSdl === undefined) throw new Error(errors?.map(({ message }) => message).join("\n"));
  return `${banner}${supergraphSdl.trim()}\n`;
}
