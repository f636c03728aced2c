import type { KeyValueCache } from "@apollo/utils.keyvaluecache";
import { expect, test } from "@jest/globals";
import { parse } from "graphql";
import { createDocumentStore, createPersistedQueryCache } from "../../src/graphql/document-caches.ts";

/** How many of so many entries a cache keeps. */
async function countKept<Value>(cache: KeyValueCache<Value>, count: number, write: (index: number) => Value) {
  for (let index = 0; index < count; index += 1) await cache.set(`key ${index}`, write(index));
  const values = await Promise.all(Array.from({ length: count }, (_, index) => cache.get(`key ${index}`)));
  return values.filter((value) => value !== undefined).length;
}

const keepDocuments = (count: number, selections: string) =>
  countKept(createDocumentStore(), count, (index) => parse(`query Q${index} ${selections}`));
const keepTexts = (count: number, length: number) =>
  countKept(createPersistedQueryCache(), count, (index) => `${index}`.padEnd(length));
const ordinary = `{ dataExtractionAction(id: "x") { id name description webhook { name type } } }`;
const largest = `{ dataExtractionAction(id: "x") { ${"id ".repeat(980)}} }`;

test.each([
  ["500 ordinary documents", () => keepDocuments(500, ordinary), 500, 500],
  ["8 MiB of documents with long comments", () => keepDocuments(200, `{ a } # ${"x".repeat(100_000)}`), 20, 50],
  ["8 MiB of the largest documents", () => keepDocuments(200, largest), 20, 35],
  ["4 MiB of long persisted queries", () => keepTexts(400, 16 * 1024), 126, 126],
  ["4 MiB of the shortest persisted queries, with what an entry costs", () => keepTexts(20_000, 1), 1000, 8192],
  ["no persisted query over 16 KiB", () => keepTexts(3, 16 * 1024 + 1), 0, 0],
])("keeps %s", async (_case, keep, min, max) => {
  const kept = await keep();

  expect(kept).toBeGreaterThanOrEqual(min);
  expect(kept).toBeLessThanOrEqual(max);
});
