import { send } from "./graphql.ts";
import { startWithUpstream } from "./service.ts";
import type { ReceivedRequest, ScriptedResponse } from "./upstream.ts";

export type RestRow = Record<string, unknown>;

export const type = "SINGLEDATAEXTRACTION";
export const extraction = (id: number): RestRow => ({
  id: `act-${id}`,
  name: `Action ${id}`,
  type,
  is_active: id % 2 === 0,
});
export const other = (id: number): RestRow => ({ id: `other-${id}`, type: "LABOREDGE", webhook: ["of another kind"] });

/** 58 rows as ContactSwing lists them: every third one is a data extraction action. */
export const mixedRows = Array.from({ length: 58 }, (_, index) => (index % 3 === 0 ? extraction(index) : other(index)));
export const idsOf = (rows: readonly RestRow[]) => rows.filter((row) => row.type === type).map(({ id }) => id);

/** ContactSwing's response to a request for a page. */
export function pageOf(rows: readonly RestRow[], { path }: ReceivedRequest): ScriptedResponse {
  const { searchParams } = new URL(path, "http://upstream");
  const page = Number(searchParams.get("page"));
  const pageSize = Number(searchParams.get("per_page"));
  const pagination = {
    current_page: page,
    per_page: pageSize,
    total_records: rows.length,
    total_pages: Math.ceil(rows.length / pageSize),
    has_next: page * pageSize < rows.length,
  };
  const data = { data: rows.slice((page - 1) * pageSize, page * pageSize), pagination };
  return { status: 200, body: { ctx_id: "ctx-l", data, message: "ok" } };
}

/** The line of a request for a page, as `requests` of {@link start} has it. */
export const request = (page: number, pageSize = 100) => `GET /v2/_actions?page=${page}&per_page=${pageSize}`;

export async function start(
  respond: (request: ReceivedRequest) => ScriptedResponse,
  environment: Record<string, string> = {},
) {
  const started = await startWithUpstream(respond, environment);
  return { ...started, requests: () => started.upstream.received.map(({ method, path }) => `${method} ${path}`) };
}

export const startWithRows = (rows: readonly RestRow[], environment: Record<string, string> = {}) =>
  start((request) => pageOf(rows, request), environment);

const listQuery = `query List($first: Int! = 20, $after: String) {
  dataExtractionActions(first: $first, after: $after) {
    edges { cursor node { id name type isActive } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

export const list = (url: string, variables: object = {}, query = listQuery) =>
  send(url, { query, variables }, { authorization: "Bearer t" });

/** A list that must succeed. */
export async function listed(url: string, variables: object = {}) {
  const { body } = await list(url, variables);
  if (body.errors !== undefined) throw new Error(JSON.stringify(body.errors));
  const { edges, pageInfo } = body.data.dataExtractionActions;
  return {
    ids: edges.map(({ node }: { node: { id: string } }) => node.id) as string[],
    cursors: edges.map(({ cursor }: { cursor: string }) => cursor) as string[],
    pageInfo,
  };
}
