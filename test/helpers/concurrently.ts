import pLimit from "p-limit";

/** Runs `work` for every item, at most `width` at a time. @returns the results in the order of the items. */
export function concurrently<Item, Result>(
  width: number,
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const limit = pLimit(width);
  return Promise.all(items.map((item, index) => limit(work, item, index)));
}
