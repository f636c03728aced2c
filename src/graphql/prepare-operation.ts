import type { ApolloServerPlugin } from "@apollo/server";
import { GraphQLError, Kind, type OperationDefinitionNode } from "graphql";
import type { RequestContext } from "../execution/request-context.ts";
import { RequestFailure } from "../failures/failure.ts";
import { toLoggedName } from "../telemetry/logged-name.ts";
import { limitOperation } from "./root-field-limits.ts";
import { findVariableErrors } from "./variable-errors.ts";

const severalFields = "several";

/** Before an operation is executed: records it for the log, metrics, and traces, and rejects what must not be executed. */
export const prepareOperation: ApolloServerPlugin<RequestContext> = {
  async requestDidStart({ request }) {
    replaceInvalidHash(request.extensions);
    return {
      async didResolveOperation({ contextValue, schema, document, operation, operationName, request }) {
        if (operation === undefined) return;
        const { record, token } = contextValue;
        if (operationName !== null && !record.hidesTexts) record.operationName = toLoggedName(operationName, token);
        record.operationType = operation.operation;
        record.rootField = findRootField(operation);

        const { variables = {} } = request;
        const fieldErrors = findVariableErrors(schema, document, operation, variables);
        if (fieldErrors.length > 0) {
          throw new GraphQLError("A variable is invalid.", {
            originalError: new RequestFailure({ kind: "variable-invalid", fieldErrors }),
            extensions: { http: { status: 400 } },
          });
        }
        limitOperation(schema, document, operation, variables);
      },
    };
  },
};

/**
 * A hash that is not a string cannot have been registered. Apollo Server would convert it to text, and run out of
 * stack for a deep enough list.
 */
function replaceInvalidHash(extensions: Readonly<Record<string, unknown>> | undefined): void {
  const persistedQuery = extensions?.persistedQuery as { sha256Hash?: unknown } | null | undefined;
  if (typeof persistedQuery !== "object" || persistedQuery === null) return;
  if (typeof persistedQuery.sha256Hash !== "string") persistedQuery.sha256Hash = "";
}

/** The one field that an operation selects, by the schema's name; `several` if it is not that simple. */
function findRootField({ selectionSet: { selections } }: OperationDefinitionNode): string {
  const names = new Set(
    selections.map((selection) => (selection.kind === Kind.FIELD ? selection.name.value : severalFields)),
  );
  const [name = severalFields] = names;
  return names.size === 1 ? name : severalFields;
}
