import { Arg, Ctx, ID, Mutation, Resolver } from "type-graphql";
import { defineRestOperation, isSuccess } from "../../src/contactswing/rest-operation.ts";
import type { RequestContext } from "../../src/execution/request-context.ts";
import { callerArguments, pathParameter } from "../../src/fields/arguments.ts";
import type { Operation } from "../../src/operations/operation.ts";

const removeAction = defineRestOperation<{ readonly id: string }, true>({
  name: "deleteAction",
  effect: "delete",
  subject: "action",
  method: "DELETE",
  path: "/v2/_actions/{action_id}",
  arguments: callerArguments({ id: pathParameter("action_id") }),
  parseResponse: ({ status }) => (isSuccess(status) ? true : undefined),
});

@Resolver()
class DeleteActionResolver {
  @Mutation(() => Boolean, { nullable: true, description: "Deletes an action." })
  async deleteAction(
    @Arg("id", () => ID, { description: "ID of the action." }) id: string,
    @Ctx() { contactSwing }: RequestContext,
  ): Promise<boolean> {
    return (await contactSwing.send(removeAction, { id })).result;
  }
}

export const deleteAction: Operation = { rest: removeAction, Resolver: DeleteActionResolver };
