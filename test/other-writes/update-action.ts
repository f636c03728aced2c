import { Arg, Ctx, Field, ID, InputType, Int, Mutation, ObjectType, Resolver } from "type-graphql";
import { defineRestOperation, isSuccess, UnexpectedResponse } from "../../src/contactswing/rest-operation.ts";
import type { RequestContext } from "../../src/execution/request-context.ts";
import { body, callerArguments, pathParameter } from "../../src/fields/arguments.ts";
import { RestField } from "../../src/fields/rest-field.ts";
import { choice, integer, list, nested, text } from "../../src/fields/types.ts";
import {
  type DataExtractionResponseType,
  responseTypes,
} from "../../src/operations/data-extraction-action/data-extraction-action.ts";
import type { Operation } from "../../src/operations/operation.ts";
import { isRecord } from "../../src/text/json.ts";

@InputType({ description: "A question of an action." })
export class QuestionInput {
  @RestField("question_text", text(255), { description: "The question." })
  readonly text!: string;

  @RestField("question_type", choice(responseTypes), { isNullable: true, description: "Kind of response." })
  readonly type?: DataExtractionResponseType | null;
}

@InputType({ description: "What to change; null clears a field." })
export class UpdateActionInput {
  @RestField("name", text(255), { isNullable: true, description: "Display name." })
  readonly name?: string | null;

  @RestField("prompt", text(10_000), { isNullable: true, description: "Prompt." })
  readonly prompt?: string | null;

  @RestField("max_attempts", integer, { isNullable: true, description: "How often to ask." })
  readonly maxAttempts?: number | null;

  @RestField("questions", list(nested(() => QuestionInput)), { isNullable: true, description: "What to ask." })
  readonly questions?: readonly (QuestionInput | null)[] | null;
}

const putAction = defineRestOperation<{ readonly id: string; readonly input: UpdateActionInput }, number>({
  name: "updateAction",
  effect: "update",
  subject: "action",
  method: "PUT",
  path: "/v2/_actions/{action_id}",
  arguments: callerArguments({ id: pathParameter("action_id"), input: body(UpdateActionInput) }),
  parseResponse({ status, body: json }) {
    if (!isSuccess(status)) return undefined;
    const version = isRecord(json) ? json.version : undefined;
    if (typeof version !== "number") throw new UnexpectedResponse("version", "number");
    return version;
  },
});

@ObjectType({ simpleResolvers: true, description: "Result of `updateAction`." })
class UpdateActionPayload {
  @Field(() => Int, { description: "The action's version." })
  readonly version!: number;
}

@Resolver()
class UpdateActionResolver {
  @Mutation(() => UpdateActionPayload, { nullable: true, description: "Changes an action." })
  async updateAction(
    @Arg("id", () => ID, { description: "ID of the action." }) id: string,
    @Arg("input", () => UpdateActionInput, { description: "The changes." }) input: UpdateActionInput,
    @Ctx() { contactSwing }: RequestContext,
  ): Promise<UpdateActionPayload> {
    return { version: (await contactSwing.send(putAction, { id, input })).result };
  }
}

export const updateAction: Operation = { rest: putAction, Resolver: UpdateActionResolver };
