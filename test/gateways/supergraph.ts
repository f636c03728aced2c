import { readFileSync } from "node:fs";
import { composeServices } from "@apollo/composition";
import { parse } from "graphql";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

/** The supergraph that deploy/compose.yaml mounts into its gateway. */
export const supergraphFile = new URL("../../deploy/compose/supergraph.graphql", import.meta.url);

/**
 * Composes schema.graphql into the supergraph of deploy/compose.yaml, whose one subgraph is the service.
 * @throws Error with every reason why it does not compose.
 */
export function printSupergraph(): string {
  const { supergraphSdl, errors } = composeServices([
    { name: "contactswing", url: "http://bff:4000/graphql", typeDefs: parse(read("schema.graphql")) },
  ]);
  if (supergraphSdl === undefined) throw new Error(errors?.map(({ message }) => message).join("\n"));
  return `# Composed from schema.graphql by \`npm run schema:supergraph\`: the graph of deploy/compose.yaml.\n${supergraphSdl.trim()}\n`;
}
