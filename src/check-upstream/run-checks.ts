import { replaceToken } from "../auth/replace-token.ts";
import { type Check, Different, NotChecked } from "./check.ts";
import { openApiChecks } from "./openapi-checks.ts";
import { reachabilityChecks } from "./reachability-checks.ts";
import { readChecks } from "./read-checks.ts";
import { createUpstream, type Upstream, type UpstreamSettings } from "./upstream.ts";

export interface Result {
  readonly name: string;
  readonly status: "as-expected" | "different" | "not-checked";
  readonly expected: string;
  readonly observed: string;
  /** Only of a difference: what it means for the users of the graph. */
  readonly meaning?: string;
}

export interface Report {
  readonly url: string;
  /** 0: all is as expected, 1: something differs, 2: ContactSwing did not respond. */
  readonly exitCode: 0 | 1 | 2;
  readonly results: readonly Result[];
}

const checks: readonly Check[] = [...reachabilityChecks, ...openApiChecks, ...readChecks];

/** Runs every check. The token is in no result. */
export async function runChecks(settings: UpstreamSettings): Promise<Report> {
  const upstream = createUpstream(settings);
  try {
    const results = await Promise.all(checks.map((check) => runCheck(check, upstream)));
    return { url: settings.baseUrl, exitCode: toExitCode(results, settings.token !== undefined), results };
  } finally {
    upstream.close();
  }
}

async function runCheck({ name, expected, run }: Check, upstream: Upstream): Promise<Result> {
  const { token } = upstream.settings;
  const conceal = (text: string) => (token === undefined ? text : replaceToken(text, token));
  try {
    return { name, status: "as-expected", expected, observed: conceal(await run(upstream)) };
  } catch (error) {
    if (error instanceof Different) {
      const { message, meaning } = error;
      return { name, status: "different", expected, observed: conceal(message), meaning };
    }
    if (error instanceof NotChecked) return { name, status: "not-checked", expected, observed: conceal(error.message) };
    throw error;
  }
}

function toExitCode(results: readonly Result[], hasToken: boolean): Report["exitCode"] {
  if (results.some(({ status }) => status === "different")) return 1;
  const essential = ["token.made-up", ...(hasToken ? ["list.envelope"] : [])];
  return results.some(({ name, status }) => essential.includes(name) && status === "not-checked") ? 2 : 0;
}

const labels = { "as-expected": "ok", different: "DIFFERENT", "not-checked": "not checked" } as const;

/** One line per check, and a summary. */
export function toText({ url, results }: Report): string {
  const lines = results.map(({ name, status, expected, observed, meaning }) => {
    const label = labels[status].padEnd(labels["not-checked"].length);
    const ending = meaning === undefined ? "" : `; meaning: ${meaning}`;
    return `${label}  ${name}: expected: ${expected}; observed: ${observed.replace(/\s+/g, " ")}${ending}`;
  });
  const count = (status: Result["status"]) => results.filter((result) => result.status === status).length;
  const summary = `${count("as-expected")} as expected, ${count("different")} different, ${count("not-checked")} not checked`;
  return `${[url, ...lines, summary].join("\n")}\n`;
}
