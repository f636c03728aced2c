import { ValidateNested } from "class-validator";
import { Args, ArgsType, Ctx, Directive, Field, Int, ObjectType, Query, Resolver } from "type-graphql";
import type { RequestContext } from "../../execution/request-context.ts";
import { limits } from "../../limits.ts";
import { createRule } from "../../validation/rule.ts";
import { createTextRule } from "../../validation/text-rules.ts";
import { DataExtractionAction } from "../data-extraction-action/data-extraction-action.ts";
import { getAction } from "../data-extraction-action/operation.ts";
import type { Operation } from "../operation.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { DataExtractionActionFilter, matchFilter, tagFilter } from "./filter.ts";
import { listActions } from "./operation.ts";
import { type FetchPage, type Matches, walkPages } from "./walk-pages.ts";

const defaultFirst = 20;
const { items: maxFirst } = limits.list;

const isInRange = createRule(
  { name: "isInRange", message: `Must be from 1 to ${maxFirst}.`, params: { min: 1, max: maxFirst } },
  (value) => value === null || (Number(value) >= 1 && Number(value) <= maxFirst),
);

const isCursor = createTextRule(
  { name: "isCursor", message: "Must be a cursor that this field returned for the same filter." },
  (text, args) => decodeCursor(text, tagFilter((args as DataExtractionActionsArgs).filter)) !== undefined,
);

@ArgsType()
class DataExtractionActionsArgs {
  @Field(() => Int, {
    nullable: true,
    defaultValue: defaultFirst,
    description: `Maximum number of actions to return, 1 to ${maxFirst}.`,
  })
  @isInRange
  readonly first?: number | null;

  @Field(() => String, {
    nullable: true,
    description: "Return the actions after this cursor, which must come from this field with the same filter.",
  })
  @isCursor
  readonly after?: string | null;

  @Field(() => DataExtractionActionFilter, {
    nullable: true,
    description:
      "Return only actions that match. ContactSwing has no filter of its own, so a page may have fewer than `first` " +
      "actions, or none, although `hasNextPage` is true.",
  })
  @ValidateNested()
  readonly filter?: DataExtractionActionFilter | null;
}

@ObjectType({ simpleResolvers: true, description: "A data extraction action in a list." })
class DataExtractionActionEdge {
  @Field(() => String, { description: "Opaque cursor; pass it as `after` to get the actions after this one." })
  readonly cursor!: string;

  @Field(() => DataExtractionAction, { description: "The action." })
  readonly node!: DataExtractionAction;
}

@Directive("@shareable")
@ObjectType({ simpleResolvers: true, description: "Information about a page of a list." })
class PageInfo {
  @Field(() => Boolean, { description: "Whether there may be more items. The last page may be empty." })
  readonly hasNextPage!: boolean;

  @Field(() => Boolean, { description: "Whether there are items before this page: true if `after` was given." })
  readonly hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: "Cursor of the first edge; null if there are no edges." })
  readonly startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Cursor to pass as `after` to get the next page; null if there is none.",
  })
  readonly endCursor!: string | null;
}

@ObjectType({ simpleResolvers: true, description: "A page of the list of data extraction actions." })
class DataExtractionActionConnection {
  @Field(() => [DataExtractionActionEdge], { description: "The actions of this page, in ContactSwing's order." })
  readonly edges!: DataExtractionActionEdge[];

  @Field(() => PageInfo, { description: "Information about this page." })
  readonly pageInfo!: PageInfo;
}

@Resolver()
class DataExtractionActionsResolver {
  @Query(() => DataExtractionActionConnection, {
    nullable: true,
    description:
      "Lists data extraction actions in ContactSwing's order. A page may have fewer than `first` actions although " +
      "`hasNextPage` is true, because ContactSwing lists all kinds of actions together.",
  })
  async dataExtractionActions(
    @Args(() => DataExtractionActionsArgs) { first, after, filter }: DataExtractionActionsArgs,
    @Ctx() { contactSwing }: RequestContext,
  ): Promise<DataExtractionActionConnection> {
    const filterTag = tagFilter(filter);
    const start = typeof after === "string" ? decodeCursor(after, filterTag) : undefined;
    const fetchPage: FetchPage = async (request) => (await contactSwing.send(listActions, request)).result;
    const walk = await walkPages(first ?? defaultFirst, start, fetchPage, createMatcher(filter, contactSwing));
    const edges = walk.matches.map(({ action, next }) => ({ cursor: encodeCursor(next, filterTag), node: action }));
    return {
      edges,
      pageInfo: {
        hasNextPage: walk.hasNextPage,
        hasPreviousPage: typeof after === "string",
        startCursor: edges[0]?.cursor ?? null,
        endCursor: walk.end === undefined ? null : encodeCursor(walk.end, filterTag),
      },
    };
  }
}

export const dataExtractionActions: Operation = { rest: listActions, Resolver: DataExtractionActionsResolver };

/** Matches by the row and, where that does not say whether the action is active, by its details, up to a limit. */
function createMatcher(
  filter: DataExtractionActionsArgs["filter"],
  contactSwing: RequestContext["contactSwing"],
): Matches {
  let detailsLeft: number = limits.list.details;
  return (action) => {
    const verdict = matchFilter(filter, action);
    if (verdict !== undefined) return verdict;
    if (detailsLeft === 0) return undefined;
    detailsLeft -= 1;
    // Without details the action is neither active nor inactive.
    return contactSwing
      .send(getAction, { id: action.id })
      .then(({ result }) => (result && matchFilter(filter, { ...action, isActive: result.isActive ?? null })) ?? false);
  };
}
