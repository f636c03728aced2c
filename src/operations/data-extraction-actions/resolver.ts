import { Max, Min } from "class-validator";
import { Args, ArgsType, Ctx, Directive, Field, Int, ObjectType, Query, Resolver } from "type-graphql";
import type { RequestContext } from "../../request-context.ts";
import { textRule } from "../../validation/text-rules.ts";
import { validateInput } from "../../validation/validate-input.ts";
import { DataExtractionAction } from "../data-extraction-action/data-extraction-action.ts";
import { dataExtractionType } from "../data-extraction-action/rest.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { type ListedAction, listActions } from "./rest.ts";
import { type FetchPage, walkPages } from "./walk-pages.ts";

const maxFirst = 100;

@ArgsType()
class DataExtractionActionsArgs {
  @Field(() => Int, { defaultValue: 20, description: `Maximum number of actions to return, 1 to ${maxFirst}.` })
  @Min(1, { message: "Must be at least 1." })
  @Max(maxFirst, { message: `Must be at most ${maxFirst}.` })
  readonly first!: number;

  @Field(() => String, {
    nullable: true,
    description: "Return the actions after this cursor, which must come from this field.",
  })
  @textRule("isCursor", "Must be a cursor that this field returned.", (text) => decodeCursor(text) !== undefined)
  readonly after?: string | null;
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
export class DataExtractionActionsResolver {
  @Query(() => DataExtractionActionConnection, {
    nullable: true,
    description:
      "Lists data extraction actions in ContactSwing's order. A page may have fewer than `first` actions although " +
      "`hasNextPage` is true, because ContactSwing lists all kinds of actions together.",
  })
  async dataExtractionActions(
    @Args(() => DataExtractionActionsArgs) args: DataExtractionActionsArgs,
    @Ctx() { authenticate, contactSwing }: RequestContext,
  ): Promise<DataExtractionActionConnection> {
    await authenticate();
    validateInput(args, []);
    const { first, after } = args;
    const start = typeof after === "string" ? decodeCursor(after) : undefined;
    const fetchPage: FetchPage = async (request) => (await contactSwing.send(listActions, request)).result;
    const { matches, hasNextPage, end } = await walkPages(first, start, fetchPage);
    const edges = matches.map(({ action, next }) => ({ cursor: encodeCursor(next), node: toAction(action) }));
    return {
      edges,
      pageInfo: {
        hasNextPage,
        hasPreviousPage: typeof after === "string",
        startCursor: edges[0]?.cursor ?? null,
        endCursor: end === undefined ? null : encodeCursor(end),
      },
    };
  }
}

function toAction({ id, name, details }: ListedAction): DataExtractionAction {
  return { id, name, type: dataExtractionType, knownDetails: details, isNew: false };
}
