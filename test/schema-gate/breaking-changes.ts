import { type Change, CriticalityLevel, diff } from "@graphql-inspector/core";
import { buildASTSchema, type GraphQLSchema, parse } from "graphql";

/** One change of the schema that can break a client or the composition of the graph. */
export interface BreakingChange {
  /** What the changelog has to name: a schema coordinate, e.g. `DataExtractionAction.isActive`. */
  readonly name: string;
  readonly message: string;
  readonly isDeclared: boolean;
}

/**
 * Finds what breaks between a subgraph's SDL and that of the last release.
 * @param changelog Markdown; a breaking change is declared by a line under `## Unreleased` that has its name in backticks.
 */
export async function findBreakingChanges(
  releasedSdl: string,
  sdl: string,
  changelog: string,
): Promise<BreakingChange[]> {
  const declarations = readUnreleased(changelog);
  const changes = await diff(build(releasedSdl), build(sdl));
  return changes.filter(isBreaking).map(({ path, message }) => {
    const name = path ?? "schema";
    return { name, message, isDeclared: declarations.includes(`\`${name}\``) };
  });
}

/** A subgraph's SDL uses directives that the federation specification defines, so it is not valid by itself. */
function build(sdl: string): GraphQLSchema {
  return buildASTSchema(parse(sdl), { assumeValidSDL: true });
}

/**
 * The inspector knows what breaks clients. Beyond that, a default that changes alters what a request that leaves the
 * field out means, or makes the field required; an entity key that goes away breaks every subgraph that refers by it;
 * and what is made inaccessible is gone from the graph.
 */
function isBreaking({ criticality, type, path = "" }: Change): boolean {
  if (criticality.level === CriticalityLevel.Breaking || /DEFAULT(_VALUE)?_CHANGED$/.test(type)) return true;
  if (!type.startsWith("DIRECTIVE_USAGE_")) return false;
  return (
    (type.endsWith("_REMOVED") && /\.@key\b/.test(path)) || (type.endsWith("_ADDED") && /\.@inaccessible\b/.test(path))
  );
}

function readUnreleased(changelog: string): string {
  return changelog.split(/^## /m).find((section) => /^Unreleased\s/.test(section)) ?? "";
}
