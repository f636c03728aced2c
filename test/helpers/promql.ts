import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";

export interface Selector {
  /** Name of the metric or recorded series. */
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly value: string }[];
}

/**
 * What an expression selects, by Prometheus' own grammar.
 * @throws Error when it does not parse.
 */
export function parsePromQl(expression: string): Selector[] {
  const text = (node: SyntaxNode) => expression.slice(node.from, node.to);
  const selectors: Selector[] = [];
  parser.parse(expression).iterate({
    enter(reference) {
      const { node } = reference;
      if (node.type.isError) throw new Error(`does not parse at ${node.from}: ${expression}`);
      if (node.name !== "VectorSelector") return;
      const metric = node.getChild("Identifier");
      if (metric === null) throw new Error(`selects without a name: ${expression}`);
      const matchers = (node.getChild("LabelMatchers")?.getChildren("UnquotedLabelMatcher") ?? []).map((matcher) => {
        const [label, value] = [matcher.getChild("LabelName"), matcher.getChild("StringLiteral")];
        if (label === null || value === null) throw new Error(`a matcher of another form: ${text(matcher)}`);
        return { label: text(label), value: text(value).slice(1, -1) };
      });
      selectors.push({ metric: text(metric), matchers });
    },
  });
  return selectors;
}
