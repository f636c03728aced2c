import type { InMemoryLRUCache } from "@apollo/utils.keyvaluecache";
import { expect, test } from "@jest/globals";
import { parse } from "graphql";
import { createDocumentStore, createPersistedQueryCache } from "../../src/graphql/document-caches.ts";

/** How many of so many entries are still there. */
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

test("keeps the documents of ordinary clients", async () => {
  const kept = await countKept(createDocumentStore(), 500, (index) =>
    parse(`query Q${index} { dataExtractionAction(id: "x") { id name description webhook { name type } } }`),
  );

  expect(kept).toBe(500);
});

test("counts a document's text and not only its tree: a hundred with long comments are as good as it gets", async () => {
  const comment = "x".repeat(100_000);

  const kept = await countKept(createDocumentStore(), 200, (index) =>
    parse(`query Q${index} { __typename } # ${comment}`),
  );

  expect(kept).toBeGreaterThan(40);
  expect(kept).toBeLessThan(100);
});

test("keeps fewer of the largest documents than 16 MiB hold", async () => {
  const kept = await countKept(createDocumentStore(), 200, (index) =>
    parse(`query Q${index} { dataExtractionAction(id: "x") { ${"id ".repeat(980)}} }`),
  );

  expect(kept).toBeGreaterThan(40);
  expect(kept).toBeLessThan(70);
});

test("keeps 2 MiB of persisted queries, and none over 16 KiB", async () => {
  const largest = await countKept(createPersistedQueryCache(), 400, (index) => `${index}`.padEnd(16 * 1024));
  const tooLarge = await countKept(createPersistedQueryCache(), 3, (index) => `${index}`.padEnd(16 * 1024 + 1));

  expect(largest).toBe(128);
  expect(tooLarge).toBe(0);
});
