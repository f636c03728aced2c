import { composeServices as composeWithApollo } from "@apollo/composition";
import { composeServices as composeWithGuild } from "@theguild/federation-composition";
import { parse } from "graphql";
import { send } from "../helpers/graphql.ts";

export interface Subgraph {
  readonly name: string;
  readonly url: string;
  readonly sdl: string;
}

const toServices = (subgraphs: readonly Subgraph[]) =>
  subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));

/** Two composers that share no code. Hints count as problems: the subgraph is to give no occasion for one. */
export const composers = {
  "@apollo/composition": (subgraphs: readonly Subgraph[]) => {
    const { supergraphSdl, errors = [], hints = [] } = composeWithApollo(toServices(subgraphs));
    return { supergraphSdl, problems: [...errors, ...hints].map(({ message }) => message) };
  },
  "@theguild/federation-composition": (subgraphs: readonly Subgraph[]) => {
    const { supergraphSdl, errors = [] } = composeWithGuild(toServices(subgraphs));
    return { supergraphSdl, problems: errors.map(({ message }) => message) };
  },
};

/** Asks a running subgraph for its own SDL, as composition tools do: without a token. */
export async function readSubgraph(name: string, url: string, path = "/graphql"): Promise<Subgraph> {
  const { body } = await send(url, { query: "{ _service { sdl } }" }, {});
  return { name, url: `${url}${path}`, sdl: body.data._service.sdl };
}

/** The supergraph of some subgraphs that must compose. */
export function composeSupergraph(subgraphs: readonly Subgraph[]): string {
  const { supergraphSdl, problems } = composers["@apollo/composition"](subgraphs);
  if (supergraphSdl === undefined || problems.length > 0) throw new Error(problems.join("\n"));
  return supergraphSdl;
}
