import { randomBytes, randomUUID } from "node:crypto";
import { isPathSegment, isSuccess } from "../contactswing/rest-operation.ts";
import { failureTable } from "../failures/failure-table.ts";
import { actionTypes, responseTypes } from "../operations/data-extraction-action/data-extraction-action.ts";
import { getAction } from "../operations/data-extraction-action/operation.ts";
import { listActions, type Page, type PageRequest } from "../operations/data-extraction-actions/operation.ts";
import { isNonEmptyString, isRecord } from "../text/json.ts";
import { type Check, Different, NotChecked } from "./check.ts";
import type { Read, Upstream } from "./upstream.ts";

type Row = Readonly<Record<string, unknown>>;

const readsFail = "dataExtractionActions fails with UPSTREAM_BAD_RESPONSE.";
const listRepeats = "The list repeats its first page.";
const listIsSlower = "Long lists need up to ten times as many requests, and a field finds at most 100 rows.";
const actionsAreNull = "dataExtractionAction is null for actions that exist.";

/** Any page size, also those that the service itself never requests. */
function readPage(upstream: Upstream, page: number, perPage: number): Promise<Read<Page | "too-large">> {
  return upstream.read(listActions, { page, pageSize: perPage } as PageRequest);
}

/** The rows of a page. What is no page is found by the checks of the token and the envelope, so it is not checked. */
async function readRows(upstream: Upstream, page: number, perPage: number) {
  const { status, body, summary } = await readPage(upstream, page, perPage);
  const data = isRecord(body) && isRecord(body.data) ? body.data : {};
  if (!isSuccess(status) || !Array.isArray(data.data)) throw new NotChecked(`no list: ${summary}`);
  const rows: readonly Row[] = data.data.filter(isRecord);
  const total = isRecord(data.pagination) ? data.pagination.total_records : undefined;
  return { rows, total: typeof total === "number" ? total : rows.length };
}

const isDataExtraction = ({ type }: Row) => actionTypes.findName(String(type)) !== null;

function codeOf({ failure }: Read<unknown>): string {
  return failure === undefined ? "an action" : failureTable[failure.kind].code;
}

function requireValidToken({ failure, summary }: Read<unknown>): void {
  if (failure?.kind === "token-rejected") throw new NotChecked(`the token was rejected: ${summary}`);
}

/** Shaped like a JWT and signed by nobody. */
function makeUpToken(): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { sub: "check-upstream", exp: 1_700_000_000 };
  return [encode({ alg: "HS256", typ: "JWT" }), encode(claims), randomBytes(32).toString("base64url")].join(".");
}

async function checkMissing(upstream: Upstream, id: string): Promise<string> {
  const read = await upstream.read(getAction, { id });
  requireValidToken(read);
  if (read.result === null && !isSuccess(read.status)) return read.summary;
  const meaning = `dataExtractionAction returns ${codeOf(read)} instead of null if there is no such action.`;
  throw new Different(read.summary, meaning);
}

/** The checks of ContactSwing's responses. */
export function createReadChecks(upstream: Upstream): readonly Check[] {
  return [
    {
      name: "token.made-up",
      expected: "rejected so that the error is UNAUTHENTICATED",
      async run() {
        const read = await upstream.read(listActions, { page: 1, pageSize: 10 }, makeUpToken());
        if (read.failure === undefined) {
          throw new Different(read.summary, "ContactSwing does not check tokens: anyone can read actions.");
        }
        const observed = `${read.summary}: ${codeOf(read)}`;
        if (read.failure.kind === "token-rejected") return observed;
        const meaning = `Users whose token has expired get ${codeOf(read)}, so that clients do not ask them to sign in.`;
        throw new Different(observed, meaning);
      },
    },
    {
      name: "token.given",
      expected: "accepted by the list",
      async run() {
        const { failure, status, summary } = await readPage(upstream, 1, 10);
        if (failure?.kind !== "token-rejected" && failure?.kind !== "forbidden") return `status ${status}`;
        const meaning = "The token is invalid, or reads need another kind of credentials than the caller's token.";
        throw new Different(summary, meaning);
      },
    },
    {
      name: "list.envelope",
      expected: "data.data and data.pagination, in the documented shape",
      async run() {
        const read = await readPage(upstream, 1, 10);
        requireValidToken(read);
        if (read.result === undefined || read.result === "too-large") throw new Different(read.summary, readsFail);
        return `${read.result.rows.length} rows, has_next ${read.result.hasNext}`;
      },
    },
    {
      name: "list.page",
      expected: "page=2 returns the second page",
      async run() {
        const first = await readRows(upstream, 1, 1);
        if (first.total < 2) throw new NotChecked(`${first.total} actions: the list needs two`);
        const second = await readPage(upstream, 2, 1);
        if (second.result === undefined) throw new Different(second.summary, readsFail);
        const [row] = (await readRows(upstream, 2, 1)).rows;
        if (row === undefined || row.id === first.rows[0]?.id) {
          throw new Different("page 2 has the rows of page 1", listRepeats);
        }
        return "page 2 has other rows than page 1";
      },
    },
    {
      name: "list.per_page",
      expected: "per_page is honored from 1 to 100",
      async run() {
        const largest = await readPage(upstream, 1, 100);
        if (largest.result === "too-large") throw new Different(`per_page=100: ${largest.summary}`, listIsSlower);
        const { rows: few, total } = await readRows(upstream, 1, 1);
        const { rows: many } = await readRows(upstream, 1, 100);
        if (total > 1 && few.length !== 1) throw new Different(`per_page=1 returns ${few.length} rows`, listIsSlower);
        if (many.length < Math.min(total, 100)) {
          throw new Different(`per_page=100 returns ${many.length} of ${total} rows`, listIsSlower);
        }
        if (total < 2) throw new NotChecked(`${total} actions: the list needs two`);
        return `1 and ${many.length} rows`;
      },
    },
    {
      name: "list.row-details",
      expected: "is_active in every row; description and webhook may be missing",
      async run() {
        const rows = (await readRows(upstream, 1, 100)).rows.filter(isDataExtraction);
        if (rows.length === 0) throw new NotChecked("no data extraction action among the first 100 rows");
        const parts = ["is_active", "description", "webhook"].map(
          (name) => `${name} in ${rows.filter((row) => name in row).length} of ${rows.length}`,
        );
        const types = rows
          .map(({ webhook }) => (isRecord(webhook) ? webhook.type : undefined))
          .filter(isNonEmptyString);
        const unknown = new Set(types).difference(new Set<string>(Object.values(responseTypes.restValues)));
        if (unknown.size > 0) parts.push(`response types shown as rawType only: ${[...unknown].join(", ")}`);
        const observed = parts.join("; ");
        if (rows.every((row) => "is_active" in row)) return observed;
        throw new Different(observed, "isActive is null in lists although ContactSwing knows it.");
      },
    },
    {
      name: "read.by-id",
      expected: "an ID from the list leads to the same action",
      async run() {
        const { rows } = await readRows(upstream, 1, 100);
        const readable = rows.filter(({ id }) => typeof id === "string" && isPathSegment(id));
        const row = readable.find(isDataExtraction) ?? readable[0];
        if (row === undefined) throw new NotChecked("the list has no row with an ID");
        const read = await upstream.read(getAction, { id: String(row.id) });
        const { result, summary, status, body } = read;
        if (result === undefined) throw new Different(summary, `dataExtractionAction fails with ${codeOf(read)}.`);
        if (!isSuccess(status)) throw new Different(summary, actionsAreNull);
        if (!isDataExtraction(row)) return `an action of type ${row.type}; the details were not checked`;
        if (result === null) throw new Different(summary, actionsAreNull);
        const id = isRecord(body) && isRecord(body.data) ? body.data.id : undefined;
        if (id !== row.id) throw new Different(`another ID: ${summary}`, "dataExtractionAction shows another action.");
        if (result.name !== row.name) throw new Different("another name than in the list", "Lists show other names.");
        return "the action of the list, with its details";
      },
    },
    {
      name: "read.unknown-uuid",
      expected: "404 with JSON for an ID that does not exist",
      run: () => checkMissing(upstream, randomUUID()),
    },
    {
      name: "read.unknown-text",
      expected: "404 with JSON for an ID that is not a UUID",
      run: () => checkMissing(upstream, "check-upstream-none"),
    },
    {
      name: "responses.ctx_id",
      expected: "a ctx_id of its own in each response",
      async run() {
        const reads = [await readPage(upstream, 1, 1), await readPage(upstream, 1, 100)];
        const [first, second] = reads.filter(({ status }) => isSuccess(status));
        if (first === undefined) throw new NotChecked(`no list: ${reads[0]?.summary}`);
        if (first.ctxId === null || second?.ctxId === null) {
          const meaning = "ctxId is null: users and support cannot name the request to ContactSwing.";
          throw new Different("no usable ctx_id", meaning);
        }
        if (first.ctxId === first.requestId) return "ctx_id is the x-request-id that was sent";
        if (first.ctxId === second?.ctxId) {
          throw new Different("the same ctx_id in two responses", "ctxId does not identify a request.");
        }
        return "ContactSwing's own, another one in each response";
      },
    },
  ];
}
