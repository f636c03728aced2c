import type { ApolloServerPlugin } from "@apollo/server";
import { GraphQLError } from "graphql";
import type { RequestContext } from "./context.ts";
import { findVariableErrors, hasNullVariable } from "./variable-errors.ts";

/**
 * Refuses a null variable where the schema takes no null. GraphQL allows a nullable variable there when one of the two
 * has a default (specification, section 5.8.5), and graphql-js finds the null only while it executes: too late to say
 * that nothing was done, and for a directive below a mutation's field too late not to do it.
 */
export const refuseNullVariables: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async didResolveOperation({ schema, document, operation, request: { variables = {} } }) {
        if (operation === undefined || !hasNullVariable(operation, variables)) return;
        if (findVariableErrors(schema, document, operation, variables, false).length === 0) return;
        // As Apollo Server refuses a variable that cannot be coerced. The error gate says which and why.
        throw new GraphQLError("A variable is null.", {
          extensions: { code: "BAD_USER_INPUT", http: { status: 400 } },
        });
      },
    };
  },
};
