// From contactswing-bff 0.1.0 (61c9682e): docs/clients/find-action.ts. What changes is in docs/changelog.md.
export interface ActionPage {
  readonly edges: readonly { readonly node: { readonly id: string; readonly name: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

/** `incomplete`: there is no such action in the part of the list that was searched. */
export type FoundAction = { readonly id: string; readonly name: string } | "none" | "incomplete";

const maxPages = 5;

/**
 * Looks for an action by its name.
 * @param readPage reads a page of `dataExtractionActions` with the filter `{ nameContains: name }`, not from a cache.
 */
export async function findAction(
  name: string,
  readPage: (after: string | null) => Promise<ActionPage>,
): Promise<FoundAction> {
  let after: string | null = null;
  for (let count = 0; count < maxPages; count += 1) {
    const { edges, pageInfo }: ActionPage = await readPage(after);
    // The filter ignores case, and finds longer names as well.
    const found = edges.find(({ node }) => node.name === name);
    if (found !== undefined) return found.node;
    if (!pageInfo.hasNextPage) return "none";
    after = pageInfo.endCursor;
  }
  return "incomplete";
}
