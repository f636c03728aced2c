import { expect, test } from "@jest/globals";
import { type AuditResult, serverAudits } from "graphql-http";
import { startService } from "./helpers/service.ts";

/** The IDs of the GraphQL over HTTP audits, by their results. */
async function runAudits(environment: Record<string, string>): Promise<Record<AuditResult["status"], string[]>> {
  const { url } = await startService(environment);
  const results: Record<AuditResult["status"], string[]> = { ok: [], notice: [], warn: [], error: [] };
  for (const audit of serverAudits({ url: `${url}/graphql` })) results[(await audit.fn()).status].push(audit.id);
  return results;
}

test("meets every MUST of GraphQL over HTTP, and every SHOULD and MAY but those that docs/graphql-over-http.md explains", async () => {
  const on = await runAudits({ PLAYGROUND: "true" });
  const off = await runAudits({ PLAYGROUND: "false" });

  expect(on).toEqual({
    ok: expect.any(Array),
    error: [],
    // A rejected document or variable has status 400 in both media types.
    warn: ["572B", "FDE2", "7B9B"],
    // The audits of GET send none of the headers of CSRF prevention.
    notice: ["5A70", "D6D5", "6A70"],
  });
  expect(on.ok.length).toBeGreaterThan(50);
  // These audits use introspection.
  expect(on.ok.filter((id) => !off.ok.includes(id))).toEqual(["BF61", "2EA1", "28B9"]);
});
