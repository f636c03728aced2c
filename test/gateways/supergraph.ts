import { readFileSync } from "node:fs";
import { composeSupergraph } from "./composition.ts";

/** The supergraph that deploy/compose.yaml mounts into its gateway. */
export const supergraphFile = new URL("../../deploy/compose/supergraph.graphql", import.meta.url);

/** Composes schema.graphql into the supergraph of deploy/compose.yaml, whose one subgraph is the service. */
export function printSupergraph(): string {
  const sdl = readFileSync(new URL("../../schema.graphql", import.meta.url), "utf8");
  const supergraphSdl = composeSupergraph([{ name: "contactswing", url: "http://bff:4000/graphql", sdl }]);
  return `# Composed from schema.graphql by \`npm run schema:supergraph\`: the graph of deploy/compose.yaml.\n${supergraphSdl.trim()}\n`;
}
