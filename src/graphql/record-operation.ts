import type { ApolloServerPlugin } from "@apollo/server";
import { Kind, type OperationDefinitionNode } from "graphql";
import type { RequestContext } from "./context.ts";

/** The caller chooses the name: a log line and a span take this much of it. */
const maxOperationNameLength = 100;

const severalFields = "several";

/** Notes the operation for the request's log line, metrics and trace. */
export const recordOperation: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ contextValue: { record }, operationName, operation }) {
        if (operationName !== null) record.operationName = operationName.slice(0, maxOperationNameLength);
        if (operation === undefined) return;
        record.operationType = operation.operation;
        record.rootField = findRootField(operation);
      },
    };
  },
};

/** The one field that a valid operation asks for, by the schema's own name; `several` when it is not so simple. */
function findRootField({ selectionSet: { selections } }: OperationDefinitionNode): string {
  const names = new Set(
    selections.map((selection) => (selection.kind === Kind.FIELD ? selection.name.value : severalFields)),
  );
  const [name, ...others] = names;
  return name === undefined || others.length > 0 ? severalFields : name;
}
