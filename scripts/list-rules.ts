// The service's own rules for input, by name, as clients meet them in `fieldErrors`.
import { listRules, type Rule } from "../src/validation/rule.ts";

/** For what graphql-js cannot coerce; its texts name types of the schema, so they are for developers. */
const typeRule: Rule = { name: "type", message: "Must be of the type that the schema requires." };

export interface DocumentedRule {
  readonly name: string;
  /** The names of its parameters. */
  readonly params: readonly string[];
  /** One for each combination of parameters that is in use. */
  readonly messages: readonly string[];
}

/** Requires that the operations have been imported: they declare their rules. */
export function listDocumentedRules(): readonly DocumentedRule[] {
  const byName = Map.groupBy([...listRules(), typeRule], ({ name }) => name);
  return [...byName].map(([name, rules]) => ({
    name,
    params: [...new Set(rules.flatMap(({ params = {} }) => Object.keys(params)))],
    messages: rules.map(({ message }) => message),
  }));
}
