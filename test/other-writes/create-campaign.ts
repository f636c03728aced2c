import { Arg, Ctx, Field, ID, InputType, Mutation, ObjectType, Resolver } from "type-graphql";
import { defineRestOperation, isSuccess, UnexpectedResponse } from "../../src/contactswing/rest-operation.ts";
import type { RequestContext } from "../../src/execution/request-context.ts";
import { body, callerArguments, pathParameter } from "../../src/fields/arguments.ts";
import { RestField } from "../../src/fields/rest-field.ts";
import { text } from "../../src/fields/types.ts";
import type { Operation } from "../../src/operations/operation.ts";
import { isRecord } from "../../src/text/json.ts";
import { isIdempotencyKey } from "../../src/validation/text-rules.ts";

@InputType({ description: "A campaign to create." })
export class CreateCampaignInput {
  @RestField("name", text(255), { description: "Display name." })
  readonly name!: string;

  @Field(() => ID, { nullable: true, description: "Makes a retry safe." })
  @isIdempotencyKey
  readonly idempotencyKey?: string | null;
}

const getCampaign = defineRestOperation<{ readonly id: string }, true | null>({
  name: "campaign",
  effect: "read",
  subject: "campaign",
  method: "GET",
  path: "/v2/campaigns/{campaign_id}",
  arguments: callerArguments({ id: pathParameter("campaign_id") }),
  parseResponse: ({ status }) => (status === 404 ? null : isSuccess(status) || undefined),
});

const postCampaign = defineRestOperation<{ readonly input: CreateCampaignInput }, string>({
  name: "createCampaign",
  effect: "create",
  subject: "campaign",
  method: "POST",
  path: "/v2/campaigns",
  arguments: callerArguments({ input: body(CreateCampaignInput) }),
  parseResponse({ status, body: json }) {
    if (!isSuccess(status)) return undefined;
    const id = isRecord(json) ? json.id : undefined;
    if (typeof id !== "string") throw new UnexpectedResponse("id", "string");
    return id;
  },
  readBack: (id, send) => send(getCampaign, { id }),
});

@ObjectType({ simpleResolvers: true, description: "Result of `createCampaign`." })
class CreateCampaignPayload {
  @Field(() => ID, { description: "ID of the campaign." })
  readonly id!: string;

  @Field(() => Boolean, { description: "Whether this is the response of an earlier request." })
  readonly replayed!: boolean;
}

@Resolver()
class CreateCampaignResolver {
  @Mutation(() => CreateCampaignPayload, { nullable: true, description: "Creates a campaign." })
  async createCampaign(
    @Arg("input", () => CreateCampaignInput, { description: "The campaign." }) input: CreateCampaignInput,
    @Ctx() { contactSwing }: RequestContext,
  ): Promise<CreateCampaignPayload> {
    const { result, isReplayed } = await contactSwing.send(postCampaign, { input });
    return { id: result, replayed: isReplayed };
  }
}

export const createCampaign: Operation = { rest: postCampaign, Resolver: CreateCampaignResolver };
/** A mistake: a replay to a refreshed token needs `readBack`. */
export const createCampaignWithoutReadBack: Operation = {
  ...createCampaign,
  rest: { ...postCampaign, readBack: undefined } as never,
};
