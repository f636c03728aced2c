import { GraphQLID } from "graphql";
import { type FieldError, RequestFailure } from "../failures/failure.ts";
import { isCoercible } from "./variable-errors.ts";

/** A representation that {@link checkReferences} has accepted. */
export interface EntityReference {
  readonly id: unknown;
}

const maxErrors = 100;

/**
 * Checks the representations of `_entities`. Their type `_Any` accepts any JSON, so nothing has checked them before.
 * @throws RequestFailure with every representation that is not an entity of this subgraph with an `id`.
 */
export function checkReferences(representations: readonly unknown[], entityTypes: ReadonlySet<string>): void {
  const expected = `Must have \`__typename\` ${[...entityTypes].join(" or ")} and an \`id\``;
  const fieldErrors = representations.flatMap((representation, index): FieldError[] => {
    const { __typename, id } = Object(representation) as Readonly<Record<string, unknown>>;
    if (typeof __typename === "string" && entityTypes.has(__typename) && isCoercible(id, GraphQLID)) return [];
    return [{ path: ["representations"], message: `${expected} (index ${index}).`, rule: "type" }];
  });
  if (fieldErrors.length > 0) {
    throw new RequestFailure({ kind: "variable-invalid", fieldErrors: fieldErrors.slice(0, maxErrors) });
  }
}

/** The ID of a checked representation. Gateways may send a number, as GraphQL's `ID` allows. */
export function readReferenceId({ id }: EntityReference): string {
  return GraphQLID.parseValue(id);
}
