// From contactswing-bff 0.1.0 (7e68f945): docs/clients/fetch.tsx. What changes is in docs/changelog.md.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { useMemo } from "react";
import { CreateActionForm } from "./create-action-form";
import { createActionMutation } from "./documents";
import { findNoResponse } from "./explain-no-response";
import { createPost } from "./post-graphql";
import type { Result } from "./send-with-retries";
import type { Session } from "./session";

/** A client for typed documents. Rejects only if there was no GraphQL response. */
export function createClient(url: string, session: Session) {
  const post = createPost(url, session);
  return async <Data, Variables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Result<Data>> => {
    const { data, errors } = await post({ query: print(document), variables });
    return { data: data as Data, error: errors && { errors } };
  };
}

export function App({ url, session }: { url: string; session: Session }) {
  const request = useMemo(() => createClient(url, session), [url, session]);
  return (
    <CreateActionForm
      user={session.user}
      create={async (input) => {
        const { data, error } = await request(createActionMutation, { input });
        return { data: data?.createDataExtractionAction?.action, error };
      }}
      findNoResponse={() => findNoResponse(url)}
    />
  );
}
