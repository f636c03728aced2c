import { GraphQLID } from "graphql";
import { CallFailure, type FieldError } from "../failures/failure.ts";

const argument = "representations";
const maxErrors = 100;

/**
 * Checks what `_entities` is asked for. `_Any` takes any JSON, so nobody before this has looked at it.
 * @throws CallFailure with every representation that is not of an entity of this subgraph with an `id`.
 */
export function checkReferences(representations: readonly unknown[], entityTypes: ReadonlySet<string>): void {
  const expected = `Must have \`__typename\` ${[...entityTypes].join(" or ")} and an \`id\``;
  const fieldErrors = representations.flatMap((representation, index): FieldError[] => {
    const { __typename, id } = Object(representation) as Readonly<Record<string, unknown>>;
    const isReference = typeof __typename === "string" && entityTypes.has(__typename) && isId(id);
    return isReference ? [] : [{ path: [argument], message: `${expected}: not so at index ${index}.`, rule: "type" }];
  });
  if (fieldErrors.length > 0) {
    throw new CallFailure({ kind: "variable-invalid", fieldErrors: fieldErrors.slice(0, maxErrors) });
  }
}

/** Reads the id of a checked representation: gateways may send a number, as GraphQL's `ID` allows. */
export function readReferenceId({ id }: { readonly id: unknown }): string {
  return GraphQLID.parseValue(id);
}

function isId(value: unknown): boolean {
  try {
    return GraphQLID.parseValue(value) !== undefined;
  } catch {
    return false;
  }
}
