import { InMemoryLRUCache, type KeyValueCache } from "@apollo/utils.keyvaluecache";
import type { DocumentNode, Token } from "graphql";
import { limits } from "../limits.ts";

const { documentsBytes, persistedQueriesBytes, persistedQueryCharacters } = limits.memory;

// Measured on Node.js 26: syntax tree and token chain together, per token.
const bytesPerToken = 256;
const bytesPerCharacter = 2;
// The key, a hash, and the cache's own bookkeeping: a text of three characters takes that as well.
const bytesPerEntry = 512;

/**
 * Documents that were parsed and validated. Apollo Server's own store limits the length of their JSON, which is a quarter
 * of what they take, and ignores their text: a few thousand documents with long comments would fill the memory.
 */
export function createDocumentStore(): KeyValueCache<DocumentNode> {
  return new InMemoryLRUCache<DocumentNode>({ maxSize: documentsBytes, sizeCalculation: estimateBytes });
}

/** Texts of automatic persisted queries; a longer one is not kept, and is sent in full each time. */
export function createPersistedQueryCache(): KeyValueCache<string> {
  return new InMemoryLRUCache<string>({
    maxSize: persistedQueriesBytes,
    maxEntrySize: weighText(persistedQueryCharacters),
    sizeCalculation: ({ length }) => weighText(length),
  });
}

function estimateBytes({ loc }: DocumentNode): number {
  let tokens = 0;
  for (let token: Token | null | undefined = loc?.startToken; token; token = token.next) tokens += 1;
  return tokens * bytesPerToken + weighText(loc?.source.body.length ?? 0);
}

function weighText(characters: number): number {
  return bytesPerEntry + characters * bytesPerCharacter;
}
