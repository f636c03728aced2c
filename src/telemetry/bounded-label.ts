/** Stands for every value that came after the limit was reached. */
export const otherValue = "other";

/**
 * A guard in front of a label: passes the first `limit` different values and turns any further one into `other`.
 * What comes in is bounded by design; a label for each request would still be fatal, so it is bounded in fact too.
 */
export function createBoundedLabel(limit: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= limit) return otherValue;
    known.add(value);
    return value;
  };
}
