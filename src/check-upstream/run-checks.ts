import { replaceToken } from "../auth/replace-token.ts";
import type { Check, Finding } from "./check.ts";
import { openApiChecks } from "./openapi-checks.ts";
import { reachabilityChecks } from "./reachability-checks.ts";
import { readChecks } from "./read-checks.ts";
import { createUpstream, type UpstreamSettings } from "./upstream.ts";

export type Result = Pick<Check, "name" | "expected"> & Finding;

export interface Report {
  readonly url: string;
  /** 0: all is as expected, 1: something differs, 2: ContactSwing did not respond. */
  readonly exitCode: 0 | 1 | 2;
  readonly results: readonly Result[];
}

export const checks: readonly Check[] = [...reachabilityChecks, ...openApiChecks, ...readChecks];

/** Runs every check. The token is in no result. */
export async function runChecks(settings: UpstreamSettings): Promise<Report> {
  const upstream = createUpstream(settings);
  try {
    const results = await Promise.all(
      checks.map(async (check) =>
        conceal({ name: check.name, expected: check.expected, ...(await check.run(upstream)) }, settings.token),
      ),
    );
    return { url: settings.baseUrl, exitCode: toExitCode(results, settings.token !== undefined), results };
  } finally {
    upstream.close();
  }
}

function conceal(result: Result, token: string | undefined): Result {
  return token === undefined ? result : { ...result, observed: replaceToken(result.observed, token) };
}

function toExitCode(results: readonly Result[], hasToken: boolean): Report["exitCode"] {
  if (results.some(({ status }) => status === "different")) return 1;
  const essential = ["token.made-up", ...(hasToken ? ["list.envelope"] : [])];
  return results.some(({ name, status }) => essential.includes(name) && status === "not-checked") ? 2 : 0;
}

const labels = { "as-expected": "ok", different: "DIFFERENT", "not-checked": "not checked" } as const;

/** One line per check, and a summary. */
export function toText({ url, results }: Report): string {
  const lines = results.map((result) => {
    const label = labels[result.status].padEnd(labels["not-checked"].length);
    const meaning = result.status === "different" ? `; meaning: ${result.meaning}` : "";
    return `${label}  ${result.name}: expected: ${result.expected}; observed: ${oneLine(result.observed)}${meaning}`;
  });
  const count = (status: Result["status"]) => results.filter((result) => result.status === status).length;
  const summary = `${count("as-expected")} as expected, ${count("different")} different, ${count("not-checked")} not checked`;
  return `${[url, ...lines, summary].join("\n")}\n`;
}

const oneLine = (text: string) => text.replace(/\s+/g, " ");
