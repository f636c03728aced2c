import type { GraphiQLProps } from "graphiql";

type Storage = NonNullable<GraphiQLProps["storage"]>;

const historyKeys: ReadonlySet<string> = new Set(["graphiql:queries", "graphiql:favorites"]);

/**
 * The browser's storage without callers' tokens: GraphiQL's history would keep the headers of every operation that was
 * run. When it is read it has the default headers, because a click on an entry fills them in.
 */
export function createTokenFreeStorage(defaultHeaders: string): Storage {
  return {
    getItem(key) {
      const text = localStorage.getItem(key);
      return text !== null && historyKeys.has(key) ? withHeaders(text, defaultHeaders) : text;
    },
    setItem: (key, text) => localStorage.setItem(key, historyKeys.has(key) ? withHeaders(text, undefined) : text),
    removeItem: (key) => localStorage.removeItem(key),
    clear: () => localStorage.clear(),
    get length() {
      return localStorage.length;
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
