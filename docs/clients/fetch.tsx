// From contactswing-bff 0.1.0 (33f29ea3): docs/clients/fetch.tsx. What changes is in docs/changelog.md.
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { CreateActionForm } from "./create-action-form";
import { createActionMutation } from "./documents";
import type { Result } from "./send-with-retries";

/** Sends a typed document. Rejects only if there was no GraphQL response. */
export async function request<Data, Variables>(
  url: string,
  token: string,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Result<Data>> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json, application/json",
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query: print(document), variables }),
  });
  // A response can have data and errors, and a status other than 200 has the same form.
  const { data, errors } = await response.json();
  return { data, error: errors && { errors } };
}

export function App({ url, getToken }: { url: string; getToken: () => string }) {
  return (
    <CreateActionForm
      create={async (input) => {
        const { data, error } = await request(url, getToken(), createActionMutation, { input });
        return { data: data?.createDataExtractionAction?.action, error };
      }}
    />
  );
}
