// The alert rules and the dashboard belong to the metrics that the service has.
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { serviceFaultPattern } from "../src/failures/service-faults.ts";
import { panelExpressions, target } from "./helpers/dashboard.ts";
import { findFreePort } from "./helpers/free-port.ts";
import { create, minimalInput, send } from "./helpers/graphql.ts";
import { type Scrape, scrape } from "./helpers/metrics.ts";
import { findProblems, findProblemsOf, hasPromtool, rulesFile } from "./helpers/promtool.ts";
import { startService } from "./helpers/service.ts";
import { createdResponse, startUpstream } from "./helpers/upstream.ts";

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly annotations?: { readonly runbook_url: string };
}

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const { groups } = parse(readFileSync(rulesFile, "utf8")) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const expressions = [...rules.map(({ expr }) => expr), ...panelExpressions.map(({ expression }) => expression)];

const findNames = (pattern: RegExp) => new Set(expressions.flatMap((expression) => expression.match(pattern) ?? []));
const toFamily = (name: string) => name.replace(/_(bucket|count|sum)$/, "");

let metrics: Scrape;
let families: Set<string>;
beforeAll(async () => {
  const upstream = await startUpstream(({ body }) => (body.includes("bad") ? { status: 500 } : createdResponse));
  const REDIS_URL = `redis://127.0.0.1:${await findFreePort()}`;
  const { url } = await startService({ CONTACTSWING_URL: upstream.url, REDIS_URL });
  await create(url, minimalInput, { authorization: "Bearer t" });
  await create(url, { name: "bad", webhook: {} }, { authorization: "Bearer t" });
  await send(url, { query: "{ __typename }" });
  metrics = await scrape(url);
  families = new Set([...metrics.text.matchAll(/^# TYPE (\w+) /gm)].map(([, name = ""]) => name));
});

(hasPromtool ? describe : describe.skip)("promtool accepts", () => {
  test("what /metrics serves", () => {
    // prom-client has names of its own that promtool would not choose.
    const own = metrics.text.replace(/^(?:# (?:HELP|TYPE) )?nodejs_active_.*$\n/gm, "");
    expect(findProblems(["check", "metrics"], own)).toBe("");
  });

  test("the alert rules, which pass their unit tests", () => {
    const path = new URL("../deploy/observability/alerts.test.yaml", import.meta.url).pathname;

    expect(findProblems(["test", "rules", path])).toBe("");
  }, 120_000);

  test("the dashboard's expressions", () => {
    const panelRules = panelExpressions.map(({ expression: expr }, index) => ({ record: `panel:${index}`, expr }));

    expect(panelRules).not.toEqual([]);
    expect(findProblemsOf(["check", "rules"], { groups: [{ name: "dashboard", rules: panelRules }] })).toBe("");
  });
});

test("every alert links to its entry in the runbook", () => {
  const entries = [...read("docs/operations.md").matchAll(/<a id="(contactswingbff\w+)">/g)].map(([, id]) => id);
  const alerts = rules.flatMap(({ alert, annotations }) => (alert === undefined ? [] : [{ alert, annotations }]));

  expect(entries.toSorted()).toEqual(alerts.map(({ alert }) => alert.toLowerCase()).toSorted());
  for (const { alert, annotations } of alerts) {
    expect(annotations?.runbook_url).toMatch(new RegExp(`/operations\\.md#${alert.toLowerCase()}$`));
  }
});

test("alerts and dashboard use every metric of the service's own, and none that it does not have", () => {
  const used = findNames(/(?<![\w:])(?:contactswing_bff|nodejs|process)_\w+(?![\w:])/g);
  const usedFamilies = new Set([...used].map(toFamily));
  const own = [...families].filter((name) => name.startsWith("contactswing_bff_"));

  expect([...usedFamilies].filter((name) => !families.has(name))).toEqual([]);
  expect(own.filter((name) => !usedFamilies.has(name))).toEqual([]);
});

test("alerts and dashboard select only by label values that the service's metrics have", () => {
  const selectors = [...findNames(/(?<![\w:])(?:contactswing_bff|nodejs)_\w+\{[^}]*="[^}]*\}/g)];

  const unknown = selectors.filter((selector) => {
    const labels = [...selector.matchAll(/(\w+)="([^"]*)"/g)]
      .map(([, label = "", text = ""]) => [label, text] as const)
      .filter(([label]) => !Object.hasOwn(target, label));
    if (labels.length === 0) return false;
    return metrics.value(selector.replace(/\{.*/, ""), Object.fromEntries(labels)) === undefined;
  });

  // Only with JWKS_URL, in runbook.test.ts.
  expect(unknown).toEqual(['contactswing_bff_dependency_up{dependency="key-server"}']);
});

test("every recorded series is used, and every one that is used is recorded", () => {
  const recorded = rules.flatMap(({ record }) => record ?? []);

  expect([...findNames(/contactswing_bff:[\w:]+/g)].toSorted()).toEqual(recorded.toSorted());
});

test("the faults that the objectives count are the faults that the log warns of", () => {
  const patterns = expressions.flatMap((expression) => [...expression.matchAll(/code=~"([^"]*\|[^"]*)"/g)]);
  const rejections = "UNAUTHENTICATED|FORBIDDEN|BAD_USER_INPUT";

  expect(new Set(patterns.map(([, pattern]) => pattern))).toEqual(new Set([serviceFaultPattern, rejections]));
});

test("the documentation lists every metric, and none that does not exist", () => {
  const documented = [
    ...read("docs/observability.md").matchAll(/(?<=^\|.*)`((?:contactswing_bff|nodejs|process)_\w+)`/gm),
  ].map(([, name = ""]) => name);

  const own = [...families].filter((name) => name.startsWith("contactswing_bff_"));
  expect(documented).toEqual(expect.arrayContaining(own));
  expect(documented.filter((name) => !families.has(name))).toEqual([]);
});
