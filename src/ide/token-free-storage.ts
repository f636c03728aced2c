import { StorageAPI } from "@graphiql/toolkit";
import type { GraphiQLProps } from "graphiql";

type Storage = NonNullable<GraphiQLProps["storage"]>;

const historyKeys: ReadonlySet<string> = new Set(["graphiql:queries", "graphiql:favorites"]);

/**
 * GraphiQL's storage without the callers' tokens: its history would keep the headers of every operation that was run.
 * What is read back has the default headers, since a click on it fills them in.
 */
export function createTokenFreeStorage(defaultHeaders: string): Storage {
  const storage = new StorageAPI().storage as Storage;
  return {
    getItem(key) {
      const text = storage.getItem(key);
      return text !== null && historyKeys.has(key) ? withHeaders(text, defaultHeaders) : text;
    },
    setItem(key, text) {
      storage.setItem(key, historyKeys.has(key) ? withHeaders(text, undefined) : text);
    },
    removeItem: (key) => storage.removeItem(key),
    clear: () => storage.clear(),
    get length() {
      return storage.length;
    },
  };
}

/** Gives every operation of a stored list other headers, or none. */
function withHeaders(text: string, headers: string | undefined): string {
  const lists = Object.entries(JSON.parse(text) as Record<string, object[]>);
  return JSON.stringify(
    Object.fromEntries(lists.map(([name, items]) => [name, items.map((item) => ({ ...item, headers }))])),
  );
}
