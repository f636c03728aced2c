import { demoToken } from "../../src/auth/demo-token.ts";

export interface PublicError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code: string;
    readonly requestId: string;
    readonly outcome?: string;
    readonly retryable?: boolean;
    readonly retryAfterSeconds?: number;
    readonly upstream?: { readonly status: number; readonly ctxId: string | null };
    readonly fieldErrors?: readonly { readonly path: string[]; readonly message: string; readonly rule: string }[];
  };
}

export interface GraphqlResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests read responses of any query
  readonly body: { data?: any; errors?: PublicError[] };
}

export const createMutation = `mutation Create($input: CreateDataExtractionActionInput!) {
  createDataExtractionAction(input: $input) { ctxId replayed action { id name type } }
}`;

/** Every documented field of the input. */
export const fullInput = {
  name: "My Data Extraction Action",
  description: "Trigger this action if the user requests data extraction.",
  actionTiming: "DURING",
  type: "SINGLEDATAEXTRACTION",
  webhook: {
    mandatory: true,
    name: "interested",
    description: "user interested on buying the product",
    type: "YES_NO",
    syncData: true,
    syncModule: "customers",
    syncField: "customer_timezone",
  },
};

export const minimalInput = { name: "Interested?", webhook: {} };

export const authorized = { authorization: `Bearer ${demoToken}` };

/** Sends a JSON text to `/graphql`, with the demo token unless told otherwise. */
export async function sendText(
  url: string,
  body: string,
  headers: Record<string, string> = authorized,
  init: RequestInit = {},
): Promise<GraphqlResponse> {
  const allHeaders = { "content-type": "application/json", ...headers };
  return readResponse(await fetch(`${url}/graphql`, { method: "POST", headers: allHeaders, body, ...init }));
}

export async function readResponse(response: Response): Promise<GraphqlResponse> {
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

/** Sends one GraphQL request. */
export const send = (
  url: string,
  request: Record<string, unknown>,
  headers?: Record<string, string>,
  init?: RequestInit,
) => sendText(url, JSON.stringify(request), headers, init);

/** Sends the create mutation. */
export const create = (url: string, input: unknown, headers?: Record<string, string>) =>
  send(url, { query: createMutation, variables: { input } }, headers);

/** Reads one action's ID and name. */
export function read(url: string, id = "act-1", headers?: Record<string, string>) {
  const query = "query ($id: ID!) { dataExtractionAction(id: $id) { id name } }";
  return send(url, { query, variables: { id } }, headers);
}

/** The one error of a response that must have exactly one. */
export function onlyError({ body }: GraphqlResponse): PublicError {
  const [error, ...others] = body.errors ?? [];
  if (error === undefined || others.length > 0) throw new Error(`expected one error, got ${JSON.stringify(body)}`);
  return error;
}

/** What callers decide on: the code, the outcome, and whether to retry. */
export function verdictOf(response: GraphqlResponse) {
  const { code, outcome, retryable } = onlyError(response).extensions;
  return { code, outcome, retryable };
}

/** The same as `CODE OUTCOME retryable`, as far as the error has them; undefined without an error. */
export function summarize(response: GraphqlResponse): string | undefined {
  if (response.body.errors === undefined) return undefined;
  const { code, outcome, retryable } = verdictOf(response);
  return [code, outcome, retryable && "retryable"].filter(Boolean).join(" ");
}
