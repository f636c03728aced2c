// Checked by the compiler only: what a frontend may and may not do with an error of the service.
import type { CombinedGraphQLErrors } from "@apollo/client";
import type { GraphQLError, GraphQLFormattedError } from "graphql";
import type { FieldError, Outcome } from "./recipes/error-extensions";
import type { Failure } from "./recipes/read-failure";

declare const failure: Failure;
declare function take<Value>(value: Value): void;

switch (failure.code) {
  case "BAD_USER_INPUT":
    take<readonly FieldError[] | undefined>(failure.fieldErrors);
    take<false>(failure.retryable);
    take<undefined>(failure.retryAfterSeconds);
    break;
  case "RATE_LIMITED":
    // @ts-expect-error may be absent
    take<number>(failure.retryAfterSeconds);
    // @ts-expect-error only BAD_USER_INPUT has these
    failure.fieldErrors?.map(({ message }) => message);
    break;
  case "IDEMPOTENCY_KEY_REUSED":
    // @ts-expect-error it is known that nothing was created
    take<boolean>(failure.outcome === "UNKNOWN");
    break;
  case "OUTCOME_UNKNOWN":
    take<"UNKNOWN" | "CREATED">(failure.outcome);
    take<undefined>(failure.upstream);
    break;
  // @ts-expect-error no such code
  case "RATE_LIMITTED":
    break;
}

// graphql-js's own types, and Apollo Client's with them, know the extensions without the guard.
declare const graphqlError: GraphQLError;
declare const formattedError: GraphQLFormattedError;
declare const apolloError: CombinedGraphQLErrors;
for (const { extensions } of [graphqlError, formattedError, ...apolloError.errors]) {
  take<string | undefined>(extensions?.code);
  take<Outcome | undefined>(extensions?.outcome);
  take<string | null | undefined>(extensions?.upstream?.ctxId);
  // @ts-expect-error no such extension: unknown, as for graphql-js
  take<string>(extensions?.stacktrace);
}
