import { composeServices as composeWithApollo } from "@apollo/composition";
import { composeServices as composeWithGuild } from "@theguild/federation-composition";
import { parse } from "graphql";
import { send } from "../helpers/graphql.ts";

export interface Subgraph {
  readonly name: string;
  readonly url: string;
  readonly sdl: string;
}

/** Asks a running subgraph for its own SDL, as composition tools do: without a token. */
export async function readSubgraph(name: string, url: string, path = "/graphql"): Promise<Subgraph> {
  const { body } = await send(url, { query: "{ _service { sdl } }" }, {});
  return { name, url: `${url}${path}`, sdl: body.data._service.sdl };
}

/**
 * The supergraph of some subgraphs, which must compose in two composers that share no code.
 * @throws Error with every reason why they do not, and every hint: the subgraph is to give no occasion for one.
 */
export function composeSupergraph(subgraphs: readonly Subgraph[]): string {
  const services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
  const { supergraphSdl = "", errors = [], hints = [] } = composeWithApollo(services);
  const problems = [...errors, ...hints, ...(composeWithGuild(services).errors ?? [])];
  if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join("\n"));
  return supergraphSdl;
}
