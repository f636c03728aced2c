import type { InMemoryLRUCache } from "@apollo/utils.keyvaluecache";
import { expect, test } from "@jest/globals";
import { parse } from "graphql";
import { createDocumentStore, createPersistedQueryCache } from "../../src/graphql/document-caches.ts";

/** How many of so many entries a cache keeps. */
async function countKept<Value extends object | string>(
  cache: Pick<InMemoryLRUCache<Value>, "get"> & { set(key: string, value: Value): Promise<void> },
  count: number,
  write: (index: number) => Value,
): Promise<number> {
  for (let index = 0; index < count; index += 1) await cache.set(`key ${index}`, write(index));
  let kept = 0;
  for (let index = 0; index < count; index += 1) {
    if ((await cache.get(`key ${index}`)) !== undefined) kept += 1;
  }
  return kept;
}

test.each([
  [
    "500 ordinary documents",
    500,
    [500, 500],
    `{ dataExtractionAction(id: "x") { id name description webhook { name type } } }`,
  ],
  ["8 MiB of documents with long comments", 200, [20, 50], `{ __typename } # ${"x".repeat(100_000)}`],
  ["8 MiB of the largest documents", 200, [20, 35], `{ dataExtractionAction(id: "x") { ${"id ".repeat(980)}} }`],
])("keeps %s", async (_case, count, [min = 0, max = 0], selections) => {
  const kept = await countKept(createDocumentStore(), count, (index) => parse(`query Q${index} ${selections}`));

  expect(kept).toBeGreaterThanOrEqual(min);
  expect(kept).toBeLessThanOrEqual(max);
});

test.each([
  ["4 MiB of long persisted queries", 400, 16 * 1024, [126, 126]],
  ["4 MiB of the shortest persisted queries, with what an entry costs", 20_000, 1, [1000, 8192]],
  ["no persisted query over 16 KiB", 3, 16 * 1024 + 1, [0, 0]],
])("keeps %s", async (_case, count, length, [min = 0, max = 0]) => {
  const kept = await countKept(createPersistedQueryCache(), count, (index) => `${index}`.padEnd(length));

  expect(kept).toBeGreaterThanOrEqual(min);
  expect(kept).toBeLessThanOrEqual(max);
});
