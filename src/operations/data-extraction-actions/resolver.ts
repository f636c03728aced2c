import { Max, Min } from "class-validator";
import { Args, ArgsType, Ctx, Field, Int, Query, Resolver } from "type-graphql";
import type { RequestContext } from "../../request-context.ts";
import { textRule } from "../../validation/text-rules.ts";
import { validateInput } from "../../validation/validate-input.ts";
import type { DataExtractionAction } from "../data-extraction-action/data-extraction-action.ts";
import { dataExtractionType } from "../data-extraction-action/rest.ts";
import { DataExtractionActionConnection } from "./connection.ts";
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
