import { randomBytes, randomUUID } from "node:crypto";
import { isNonEmptyString, isRecord } from "../contactswing/json.ts";
import { failureTable } from "../failures/failure-table.ts";
import { dataExtractionType, getAction, restResponseTypes } from "../operations/data-extraction-action/rest.ts";
import { listActions, type Page, type PageRequest } from "../operations/data-extraction-actions/rest.ts";
import { asExpected, type Check, different, type Finding, notChecked, toFinding } from "./check.ts";
import { findObstacle, hasSucceeded, type Read, type Upstream } from "./upstream.ts";

type Row = Readonly<Record<string, unknown>>;

const readsFail = "dataExtractionActions fails with UPSTREAM_BAD_RESPONSE.";

/** What a check of the API needs a valid token for. */
function withToken(
  name: string,
  expected: string,
  judge: (upstream: Upstream, token: string) => Promise<Finding>,
): Check {
  const run = async (upstream: Upstream) => {
    const { token } = upstream.settings;
    return token === undefined ? notChecked("no token was given") : judge(upstream, token);
  };
  return { name, expected, run };
}

/** Any page size, also those that the service itself never requests. */
function readPage(upstream: Upstream, token: string, page: number, perPage: number): Promise<Read<Page | "too-large">> {
  return upstream.read(listActions, { page, pageSize: perPage } as PageRequest, token);
}

/** Judges a page of the list; what is no usable page is judged by the checks of the token and the envelope. */
async function judgePage(
  upstream: Upstream,
  token: string,
  [page, perPage]: readonly [page: number, perPage: number],
  judge: (rows: readonly Row[], total: number, read: Read<Page | "too-large">) => Finding | Promise<Finding>,
): Promise<Finding> {
  const read = await readPage(upstream, token, page, perPage);
  const data = isRecord(read.body) && isRecord(read.body.data) ? read.body.data : {};
  const total = isRecord(data.pagination) ? data.pagination.total_records : undefined;
  if (!hasSucceeded(read) || !Array.isArray(data.data)) return notChecked(`no list: ${read.summary}`);
  const rows = data.data.filter(isRecord);
  return judge(rows, typeof total === "number" ? total : rows.length, read);
}

const isDataExtraction = ({ type }: Row) => type === dataExtractionType;

async function checkPageNumber(upstream: Upstream, token: string): Promise<Finding> {
  return judgePage(upstream, token, [1, 1], async ([first], total) => {
    if (total < 2) return notChecked(`${total} actions: the list needs two`);
    const second = await readPage(upstream, token, 2, 1);
    const obstacle = findObstacle(second);
    if (obstacle !== undefined) return obstacle;
    if (second.result === undefined) return different(second.summary, readsFail);
    return judgePage(upstream, token, [2, 1], ([row]) =>
      row === undefined || row.id === first?.id
        ? different("page 2 has the rows of page 1", "The list repeats its first page.")
        : asExpected("page 2 has other rows than page 1"),
    );
  });
}

async function checkPageSize(upstream: Upstream, token: string): Promise<Finding> {
  const slower = "Long lists need up to ten times as many requests, and a field finds at most 100 rows.";
  const largest = await readPage(upstream, token, 1, 100);
  const obstacle = findObstacle(largest);
  if (obstacle !== undefined) return obstacle;
  if (largest.result === "too-large") return different(`per_page=100: ${largest.summary}`, slower);
  return judgePage(upstream, token, [1, 1], (few, total) =>
    judgePage(upstream, token, [1, 100], (many) => {
      if (total > 1 && few.length !== 1) return different(`per_page=1 returns ${few.length} rows`, slower);
      const wanted = Math.min(total, 100);
      if (many.length < wanted) return different(`per_page=100 returns ${many.length} of ${total} rows`, slower);
      return total > 1 ? asExpected(`1 and ${many.length} rows`) : notChecked(`${total} actions: the list needs two`);
    }),
  );
}

async function checkRowDetails(upstream: Upstream, token: string): Promise<Finding> {
  return judgePage(upstream, token, [1, 100], (all) => {
    const rows = all.filter(isDataExtraction);
    if (rows.length === 0) return notChecked("no data extraction action among the first 100 rows");
    const having = (name: string) => rows.filter((row) => name in row).length;
    const observed = ["is_active", "description", "webhook"].map(
      (name) => `${name} in ${having(name)} of ${rows.length}`,
    );
    const types = rows.flatMap(({ webhook }) =>
      isRecord(webhook) && isNonEmptyString(webhook.type) ? [webhook.type] : [],
    );
    const unknown = [...new Set(types)].filter((type) => !Object.values<string>(restResponseTypes).includes(type));
    if (unknown.length > 0) observed.push(`response types shown as rawType only: ${unknown.join(", ")}`);
    const missing = having("is_active") < rows.length ? [observed.join("; ")] : [];
    return toFinding(missing, observed.join("; "), "isActive is null in lists although ContactSwing knows it.");
  });
}

async function checkReadById(upstream: Upstream, token: string): Promise<Finding> {
  return judgePage(upstream, token, [1, 100], async (rows) => {
    const readable = rows.filter(({ id }) => isNonEmptyString(id));
    const row = readable.find(isDataExtraction) ?? readable[0];
    if (row === undefined) return notChecked("the list has no row with an ID");
    const read = await upstream.read(getAction, { id: String(row.id) }, token);
    const obstacle = findObstacle(read);
    if (obstacle !== undefined) return obstacle;
    if (read.result === undefined) {
      const { code } = failureTable[read.failure?.kind ?? "bug"];
      return different(read.summary, `dataExtractionAction fails with ${code}.`);
    }
    if (!isDataExtraction(row)) {
      return hasSucceeded(read)
        ? asExpected(`an action of type ${row.type}; the details were not checked`)
        : different(read.summary, "dataExtractionAction is null for actions that exist.");
    }
    if (read.result === null) return different(read.summary, "dataExtractionAction is null for actions that exist.");
    const id = isRecord(read.body) && isRecord(read.body.data) ? read.body.data.id : undefined;
    if (id !== row.id) return different(`another ID: ${read.summary}`, "dataExtractionAction shows another action.");
    if (read.result.name !== row.name) return different("another name than in the list", "Lists show other names.");
    return asExpected("the action of the list, with its details");
  });
}

function checkMissing(id: string) {
  return async (upstream: Upstream, token: string): Promise<Finding> => {
    const read = await upstream.read(getAction, { id }, token);
    const obstacle = findObstacle(read);
    if (obstacle !== undefined) return obstacle;
    if (read.failure?.kind === "token-rejected") return notChecked(`the token was rejected: ${read.summary}`);
    if (read.result === null && !hasSucceeded(read)) return asExpected(read.summary);
    const code = read.failure === undefined ? "an action" : failureTable[read.failure.kind].code;
    return different(read.summary, `dataExtractionAction returns ${code} instead of null if there is no such action.`);
  };
}

async function checkCtxId(upstream: Upstream, token: string): Promise<Finding> {
  const reads = [await readPage(upstream, token, 1, 1), await readPage(upstream, token, 1, 100)];
  const successful = reads.filter(hasSucceeded);
  const [first] = successful;
  if (first === undefined) return notChecked(`no list: ${reads[0]?.summary}`);
  const meaning = "ctxId is null: users and support cannot name the request to ContactSwing.";
  if (successful.some(({ ctxId }) => ctxId === null)) return different("no usable ctx_id", meaning);
  if (first.ctxId === first.requestId) return asExpected("ctx_id is the x-request-id that was sent");
  const isConstant = successful.length > 1 && new Set(successful.map(({ ctxId }) => ctxId)).size === 1;
  if (isConstant) return different("the same ctx_id in two responses", "ctxId does not identify a request.");
  return asExpected("ContactSwing's own, another one in each response");
}

/** Shaped like a JWT and signed by nobody. */
function makeUpToken(): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { sub: "check-upstream", exp: 1_700_000_000 };
  return [encode({ alg: "HS256", typ: "JWT" }), encode(claims), randomBytes(32).toString("base64url")].join(".");
}

/** The checks of ContactSwing's responses. */
export const readChecks: readonly Check[] = [
  {
    name: "token.made-up",
    expected: "rejected so that the error is UNAUTHENTICATED",
    async run(upstream) {
      const read = await upstream.read(listActions, { page: 1, pageSize: 10 }, makeUpToken());
      const obstacle = findObstacle(read);
      if (obstacle !== undefined) return obstacle;
      if (read.failure === undefined) {
        return different(read.summary, "ContactSwing does not check tokens: anyone can read actions.");
      }
      const { code } = failureTable[read.failure.kind];
      return read.failure.kind === "token-rejected"
        ? asExpected(`${read.summary}: ${code}`)
        : different(
            `${read.summary}: ${code}`,
            `Users whose token has expired get ${code}, so that clients do not ask them to sign in.`,
          );
    },
  },
  withToken("token.given", "accepted by the list", async (upstream, token) => {
    const read = await readPage(upstream, token, 1, 10);
    const meaning = "The token is invalid, or reads need another kind of credentials than the caller's token.";
    return (
      findObstacle(read) ??
      (read.failure?.kind === "token-rejected" || read.failure?.kind === "forbidden"
        ? different(read.summary, meaning)
        : asExpected(`status ${read.status}`))
    );
  }),
  withToken("list.envelope", "data.data and data.pagination, in the documented shape", async (upstream, token) => {
    const read = await readPage(upstream, token, 1, 10);
    const obstacle = findObstacle(read);
    if (obstacle !== undefined) return obstacle;
    if (read.failure?.kind === "token-rejected") return notChecked(`the token was rejected: ${read.summary}`);
    if (read.result === undefined || read.result === "too-large") return different(read.summary, readsFail);
    return asExpected(`${read.result.rows.length} rows, has_next ${read.result.hasNext}`);
  }),
  withToken("list.page", "page=2 returns the second page", checkPageNumber),
  withToken("list.per_page", "per_page is honored from 1 to 100", checkPageSize),
  withToken("list.row-details", "is_active in every row; description and webhook may be missing", checkRowDetails),
  withToken("read.by-id", "an ID from the list leads to the same action", checkReadById),
  withToken("read.unknown-uuid", "404 with JSON for an ID that does not exist", checkMissing(randomUUID())),
  withToken("read.unknown-text", "404 with JSON for an ID that is not a UUID", checkMissing("check-upstream-none")),
  withToken("responses.ctx_id", "a ctx_id of its own in each response", checkCtxId),
];
