import { type Change, CriticalityLevel, diff } from "@graphql-inspector/core";
import { buildASTSchema, type GraphQLSchema, parse } from "graphql";
import { findBreakingDirectiveChanges } from "./find-breaking-directive-changes.ts";

/** One change of the schema that can break a client or the composition of the graph. */
export interface BreakingChange {
  /** What the changelog has to name: `DataExtractionAction.isActive`, or `DataExtractionAction.@key` for a directive. */
  readonly name: string;
  readonly message: string;
  readonly isDeclared: boolean;
}

export interface SchemaChanges {
  readonly breaking: readonly BreakingChange[];
  /** What a client may not expect, such as a new value of an enum that it reads: one sentence each. */
  readonly dangerous: readonly string[];
}

/**
 * Compares a subgraph's SDL with that of the last release.
 * @param changelog Markdown; a breaking change is declared by a line under `## Unreleased` that has its name in backticks.
 */
export async function judgeSchemaChange(releasedSdl: string, sdl: string, changelog: string): Promise<SchemaChanges> {
  const declarations = readUnreleased(changelog);
  const changes = (await diff(build(releasedSdl), build(sdl))).filter(
    ({ type }) => !type.startsWith("DIRECTIVE_USAGE_"),
  );
  const breaking = [
    ...changes.filter(isBreaking).map(({ path: name = "schema", message }) => ({ name, message })),
    ...findBreakingDirectiveChanges(releasedSdl, sdl),
  ].map((change) => ({ ...change, isDeclared: declarations.includes(`\`${change.name}\``) }));
  const dangerous = changes.filter(
    (change) => change.criticality.level === CriticalityLevel.Dangerous && !isBreaking(change),
  );
  return { breaking, dangerous: dangerous.map(({ message }) => message) };
}

/** A subgraph's SDL uses directives that the federation specification defines, so it is not valid by itself. */
function build(sdl: string): GraphQLSchema {
  return buildASTSchema(parse(sdl), { assumeValidSDL: true });
}

/**
 * The inspector knows what breaks clients. Beyond that, a default that changes alters what a request that leaves the
 * field out means, or makes the field required.
 */
function isBreaking({ criticality, type }: Change): boolean {
  return criticality.level === CriticalityLevel.Breaking || /DEFAULT(_VALUE)?_CHANGED$/.test(type);
}

function readUnreleased(changelog: string): string {
  return changelog.split(/^## /m).find((section) => /^Unreleased\s/.test(section)) ?? "";
}
