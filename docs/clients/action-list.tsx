// From contactswing-bff 0.1.0 (52719965): docs/clients/action-list.tsx. What changes is in docs/changelog.md.
import { type ComponentType, type FormEvent, useState } from "react";
import { readFailure } from "./read-failure";

export interface ActionFilter {
  readonly nameContains: string | null;
  readonly isActive: boolean | null;
}

export interface ListedAction {
  readonly id: string;
  readonly name: string;
  readonly isActive: boolean | null | undefined;
}

/** A page of the list: reads it with whatever client, and shows it by {@link ActionRows}. */
export interface PageProps {
  readonly pageSize: number;
  readonly filter: ActionFilter;
  /** The cursor after which it begins. */
  readonly after: string | null;
  /** Undefined if the next page is already shown. */
  readonly onMore: ((after: string) => void) | undefined;
}

/** The list of actions, page by page. Each page is a query of its own, so that it can fail and be read again by itself. */
export function ActionList({ Page, pageSize }: { Page: ComponentType<PageProps>; pageSize: number }) {
  const [filter, setFilter] = useState<ActionFilter>({ nameContains: null, isActive: null });
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);

  function search(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = String(data.get("nameContains"));
    // A blank text is no filter that the service accepts.
    setFilter({ nameContains: text.trim() === "" ? null : text, isActive: data.has("isActive") || null });
    // A cursor belongs to its filter.
    setCursors([null]);
  }

  return (
    <section aria-label="Actions">
      <form onSubmit={search}>
        <label>
          Name contains <input name="nameContains" />
        </label>
        <label>
          <input name="isActive" type="checkbox" /> Active only
        </label>
        <button type="submit">Search</button>
      </form>
      {cursors.map((after, index) => (
        <Page
          key={after}
          pageSize={pageSize}
          filter={filter}
          after={after}
          onMore={index === cursors.length - 1 ? (next) => setCursors([...cursors, next]) : undefined}
        />
      ))}
    </section>
  );
}

export interface RowsProps extends Pick<PageProps, "after" | "onMore"> {
  readonly page:
    | {
        readonly edges: readonly { readonly node: ListedAction }[];
        readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null | undefined };
      }
    | null
    | undefined;
  readonly error: unknown;
  readonly isLoading: boolean;
  readonly readAgain: () => void;
}

/** What was read of a page, or why it could not be read. */
export function ActionRows({ page, error, isLoading, readAgain, after, onMore }: RowsProps) {
  const failure = readFailure(error);
  const endCursor = page?.pageInfo.endCursor;
  return (
    <>
      {isLoading && <p role="status">Loading …</p>}
      {/* A page may be empty or short although there are more: the filter applies to what was read. */}
      {page && after === null && page.edges.length === 0 && !page.pageInfo.hasNextPage && <p>There are no actions.</p>}
      <ul>
        {page?.edges.map(({ node }) => (
          <li key={node.id}>{node.name}</li>
        ))}
      </ul>
      {error && !isLoading ? (
        <div role="alert">
          <p>
            The actions could not be loaded.
            {failure
              ? ` ${failure.message} (${failure.code}, ${failure.requestId})`
              : " There was no response from the service."}
          </p>
          <button type="button" onClick={readAgain}>
            Try again
          </button>
        </div>
      ) : null}
      {onMore && page?.pageInfo.hasNextPage && endCursor && (
        <button type="button" onClick={() => onMore(endCursor)}>
          More
        </button>
      )}
    </>
  );
}
