import type { Upstream } from "./upstream.ts";

/** What one check found out. `meaning` says what a difference means for the users of the graph. */
export type Finding =
  | { readonly status: "as-expected" | "not-checked"; readonly observed: string }
  | { readonly status: "different"; readonly observed: string; readonly meaning: string };

/** One thing that the service assumes about ContactSwing. A check only reads. */
export interface Check {
  readonly name: string;
  readonly expected: string;
  run(upstream: Upstream): Promise<Finding>;
}

export const asExpected = (observed: string): Finding => ({ status: "as-expected", observed });
export const different = (observed: string, meaning: string): Finding => ({ status: "different", observed, meaning });
export const notChecked = (observed: string): Finding => ({ status: "not-checked", observed });

/** Each difference in a list, or that there is none. */
export function toFinding(differences: readonly string[], observed: string, meaning: string): Finding {
  return differences.length === 0 ? asExpected(observed) : different(differences.join("; "), meaning);
}
