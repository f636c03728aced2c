import { GraphQLID } from "graphql";
import { type FieldError, RequestFailure } from "../failures/failure.ts";
import { limits } from "../limits.ts";
import { isWithin, maxLengthRule, textLimits } from "../validation/text-rules.ts";
import { isCoercible, isRoundedId } from "./variable-errors.ts";

/** A representation that {@link checkReferences} has accepted. */
export interface EntityReference {
  readonly id: unknown;
}

/**
 * Checks the representations of `_entities`. Their type `_Any` accepts any JSON, so nothing has checked them before.
 * @throws RequestFailure with the first representations that are not an entity of this subgraph with a valid `id`.
 */
export function checkReferences(representations: readonly unknown[], entityTypes: ReadonlySet<string>): void {
  const fieldErrors = Iterator.from(representations)
    .flatMap((representation, index) => findProblem(representation, index, entityTypes))
    .take(limits.errors.count)
    .toArray();
  if (fieldErrors.length > 0) throw new RequestFailure({ kind: "variable-invalid", fieldErrors });
}

/** The ID of a checked representation. Gateways may send a number, as GraphQL's `ID` allows. */
export function readReferenceId({ id }: EntityReference): string {
  return GraphQLID.parseValue(id);
}

function findProblem(representation: unknown, index: number, entityTypes: ReadonlySet<string>): FieldError[] {
  const { __typename, id } = Object(representation) as Readonly<Record<string, unknown>>;
  const path = ["representations"];
  const isEntity = typeof __typename === "string" && entityTypes.has(__typename);
  if (!isEntity || isRoundedId(id) || !isCoercible(id, GraphQLID)) {
    const expected = `Must have \`__typename\` ${[...entityTypes].join(" or ")} and an \`id\``;
    return [{ path, message: `${expected} (index ${index}).`, rule: "type" }];
  }
  if (isWithin(String(id), textLimits.identifier)) return [];
  const { name, message, params } = maxLengthRule(textLimits.identifier);
  return [
    {
      path,
      message: `The \`id\` ${message.toLowerCase().replace(".", ` (index ${index}).`)}`,
      rule: name,
      ...(params && { params }),
    },
  ];
}
