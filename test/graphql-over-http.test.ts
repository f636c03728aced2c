import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { type AuditResult, serverAudits } from "graphql-http";
import { startService } from "./helpers/service.ts";

const documentation = readFileSync(new URL("../docs/graphql-over-http.md", import.meta.url), "utf8");

/** The audits that a table of the documentation lists, with a reason for each. */
function listedAudits(keyword: "SHOULD" | "MAY"): string[] {
  const rows = documentation.matchAll(/^\| `(\w{4})` \| (SHOULD|MAY) (.+?) +\| (.{5,}) \|$/gm);
  return [...rows].filter((row) => row[2] === keyword).map((row) => `${row[1]} ${keyword} ${row[3]}`);
}

async function runAudits(environment: Record<string, string>): Promise<Record<AuditResult["status"], string[]>> {
  const { url } = await startService(environment);
  const results: Record<AuditResult["status"], string[]> = { ok: [], notice: [], warn: [], error: [] };
  for (const audit of serverAudits({ url: `${url}/graphql` })) {
    const { status, id, name } = await audit.fn();
    results[status].push(`${id} ${name}`);
  }
  return results;
}

test("fails no MUST of the GraphQL over HTTP audits, and says of each SHOULD and MAY that it does not meet why", async () => {
  const { ok, error, warn, notice } = await runAudits({});

  expect(error).toEqual([]);
  expect(warn.sort()).toEqual(listedAudits("SHOULD").sort());
  expect(notice.sort()).toEqual(listedAudits("MAY").sort());
  expect(ok.length).toBeGreaterThan(50);
});

test("fails only the audits that need introspection when introspection is off", async () => {
  const on = await runAudits({ PLAYGROUND: "true" });
  const off = await runAudits({ PLAYGROUND: "false" });

  const lost = on.ok.filter((audit) => !off.ok.includes(audit)).map((audit) => audit.slice(0, 4));
  const named = /the audits `(\w+)`, `(\w+)` and `(\w+)` cannot be run/.exec(documentation)?.slice(1);
  expect(lost.sort()).toEqual(named?.sort());
});
