import { composeServices as composeWithApollo } from "@apollo/composition";
import { composeServices as composeWithGuild } from "@theguild/federation-composition";
import { parse } from "graphql";

export interface Subgraph {
  readonly name: string;
  readonly url: string;
  readonly sdl: string;
}

/**
 * Composes subgraphs into a supergraph, with two composers that share no code.
 * @throws Error with every error of either, and every hint.
 */
export function composeSupergraph(subgraphs: readonly Subgraph[]): string {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
  const { supergraphSdl = "", errors = [], hints = [] } = composeWithApollo(services);
  const problems = [...errors, ...hints, ...(composeWithGuild(services).errors ?? [])];
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join("\n"));
  return supergraphSdl;
}
