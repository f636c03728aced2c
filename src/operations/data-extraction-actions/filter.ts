import { hash } from "node:crypto";
import { Field, InputType } from "type-graphql";
import { applyRules } from "../../validation/rule.ts";
import { textLimits, textRules } from "../../validation/text-rules.ts";
import type { DataExtractionAction } from "../data-extraction-action/data-extraction-action.ts";
import { foldCase } from "./fold-case.ts";

@InputType({ description: "Which data extraction actions to list. Absent and null fields do not filter." })
export class DataExtractionActionFilter {
  @Field(() => String, {
    nullable: true,
    description: `Text that the name contains, whatever its case. Not blank, at most ${textLimits.name} characters.`,
  })
  @applyRules(textRules(textLimits.name))
  readonly nameContains?: string | null;

  @Field(() => Boolean, { nullable: true, description: "Whether the action is active." })
  readonly isActive?: boolean | null;
}

/** What a cursor remembers of its filter; undefined if it does not filter. */
export function tagFilter(filter: DataExtractionActionFilter | null | undefined): string | undefined {
  const { nameContains = null, isActive = null } = filter ?? {};
  if (nameContains === null && isActive === null) return undefined;
  return hash("sha256", JSON.stringify([nameContains, isActive]), "base64url").slice(0, 16);
}

/**
 * Whether a row matches a filter; undefined if that depends on a detail that the row does not have: whether the action is
 * active.
 */
export function matchFilter(
  filter: DataExtractionActionFilter | null | undefined,
  { name, isActive }: DataExtractionAction,
): boolean | undefined {
  const { nameContains = null, isActive: wanted = null } = filter ?? {};
  if (nameContains !== null && !foldCase(name).includes(foldCase(nameContains))) return false;
  if (wanted === null) return true;
  return (isActive ?? null) === null ? undefined : isActive === wanted;
}
