import { replaceToken } from "../auth/replace-token.ts";
import type { TransportSettings } from "../contactswing/transport.ts";
import { operations as defaultOperations } from "../operations/index.ts";
import type { Operation } from "../operations/operation.ts";
import { type Check, Different, NotChecked } from "./check.ts";
import { createOpenApiChecks } from "./openapi-checks.ts";
import { createReachabilityChecks } from "./reachability-checks.ts";
import { createReadChecks } from "./read-checks.ts";
import { createUpstream } from "./upstream.ts";

export interface CheckSettings extends TransportSettings {
  /** How long an idle connection has to stay open. */
  readonly minIdleMs: number;
  /** Undefined if only what needs no token is checked. */
  readonly token: string | undefined;
  /** The registry unless given. */
  readonly operations?: readonly Operation[];
}

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

/** Runs every check. The token is in no result. */
export async function runChecks(settings: CheckSettings): Promise<Report> {
  const { baseUrl: url, token, minIdleMs, operations = defaultOperations } = settings;
  const upstream = createUpstream(settings, token);
  const checks = [
    ...createReachabilityChecks(settings, minIdleMs),
    ...createOpenApiChecks(operations, upstream),
    ...createReadChecks(upstream),
  ];
  try {
    const results = await Promise.all(checks.map((check) => runCheck(check, token)));
    return { url, exitCode: toExitCode(results, token !== undefined), results };
  } finally {
    upstream.close();
  }
}

async function runCheck({ name, expected, run }: Check, token: string | undefined): Promise<Result> {
  const conceal = (text: string) => (token === undefined ? text : replaceToken(text, token));
  try {
    return { name, status: "as-expected", expected, observed: conceal(await run()) };
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
