import { StorageAPI } from "@graphiql/toolkit";
import type { Tab } from "./examples.ts";

interface StoredTabs {
  readonly activeTabIndex: number;
  readonly tabs: readonly Tab[];
}

/**
 * The tab that was open at the last visit, else the first example. GraphiQL finds it by itself but leaves its
 * variables out of the editor, so both are passed to it.
 */
export function findOpenTab(examples: readonly [Tab, ...Tab[]]): Tab {
  try {
    const { tabs, activeTabIndex } = JSON.parse(new StorageAPI().get("tabState") ?? "") as StoredTabs;
    return tabs[activeTabIndex] ?? examples[0];
  } catch {
    // Nothing stored, or nothing that can be read: GraphiQL starts with its default tabs then.
    return examples[0];
  }
}
