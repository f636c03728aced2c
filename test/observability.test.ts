import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { serviceFaultPattern } from "../src/failures/service-faults.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import { create, minimalInput, send } from "./helpers/graphql.ts";
import { scrape } from "./helpers/metrics.ts";
import { hasPromtool } from "./helpers/promtool.ts";
import { startService } from "./helpers/service.ts";
import { createdResponse, startUpstream } from "./helpers/upstream.ts";

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
}

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const rulesFile = new URL("../deploy/observability/alerts.yaml", import.meta.url).pathname;

const { groups } = parse(read("deploy/observability/alerts.yaml")) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const recorded = rules.flatMap(({ record }) => record ?? []);
const dashboard = JSON.parse(read("deploy/observability/dashboard.json"));
const panels: { id: number; title: string; targets?: { expr: string }[] }[] = dashboard.panels;

/** Every expression of the dashboard, with Grafana's variables replaced as Grafana does. */
const panelExpressions = panels
  .flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  .map((expression) =>
    expression.replace(/\$__rate_interval|\$__range|\$__interval/g, "5m").replace(/\$\{?\w+\}?/g, "a:4000"),
  );
const expressions = [...rules.map(({ expr }) => expr), ...panelExpressions];

const findNames = (pattern: RegExp) => new Set(expressions.flatMap((expression) => expression.match(pattern) ?? []));
const toFamily = (name: string) => name.replace(/_(bucket|count|sum)$/, "");

let metricsText = "";
let sampleNames = new Set<string>();
beforeAll(async () => {
  const upstream = await startUpstream(({ body }) =>
    body.includes("bad") ? { status: 500, body: "" } : createdResponse,
  );
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });
  await create(url, minimalInput, { authorization: "Bearer t" });
  await create(url, { name: "bad", webhook: {} }, { authorization: "Bearer t" });
  await send(url, { query: "{ __typename }" });
  const { text, samples } = await scrape(url);
  metricsText = text;
  sampleNames = new Set(samples.map(({ name }) => name));
});

function promtool(words: readonly string[], input: string) {
  const { status, stdout, stderr } = spawnSync("promtool", words, { input, encoding: "utf8" });
  return { status, output: status === 0 ? "" : `${stdout}${stderr}` };
}

if (hasPromtool) {
  const accepted = { status: 0, output: "" };

  test("promtool accepts the alert rules, and the dashboard's expressions as rules", () => {
    const panelRules = panelExpressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
    const folder = mkdtempSync(join(tmpdir(), "dashboard-"));
    onTestEnd(async () => rmSync(folder, { recursive: true }));
    const panelFile = join(folder, "rules.yaml");
    // JSON is YAML.
    writeFileSync(panelFile, JSON.stringify({ groups: [{ name: "dashboard", rules: panelRules }] }));

    expect(panelExpressions).not.toEqual([]);
    expect(promtool(["check", "rules", rulesFile, panelFile], "")).toEqual(accepted);
  });

  test("promtool accepts what /metrics serves", () => {
    expect(promtool(["check", "metrics"], metricsText)).toEqual(accepted);
  });
} else {
  test.skip("promtool accepts the alert rules, the dashboard and /metrics (promtool is not installed)", () => {});
}

test("alerts and dashboard use metrics that the service has", () => {
  const used = findNames(/(?<![\w:])(?:contactswing_bff|nodejs|process)_\w+(?![\w:])/g);

  expect([...used].filter((name) => !sampleNames.has(name))).toEqual([]);
});

test("every metric of the service's own is on the dashboard or in an alert", () => {
  const used = new Set([...findNames(/contactswing_bff_\w+/g)].map(toFamily));
  const own = [...sampleNames].filter((name) => name.startsWith("contactswing_bff_"));

  expect(own.filter((name) => !used.has(toFamily(name)))).toEqual([]);
});

test("every recorded series is used, and none is recorded twice", () => {
  const used = findNames(/contactswing_bff:[\w:]+/g);

  expect(recorded.filter((name) => !used.has(name))).toEqual([]);
  expect(new Set(recorded).size).toBe(recorded.length);
});

test("the faults that the objectives count are the faults that the log warns of", () => {
  const patterns = expressions.flatMap((expression) => [...expression.matchAll(/code=~"([^"]*\|[^"]*)"/g)]);

  expect(new Set(patterns.map(([, pattern]) => pattern))).toEqual(new Set([serviceFaultPattern]));
});

test("the dashboard's panels have ids of their own, and only variables that it defines", () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const defined = dashboard.templating.list.map(({ name }: { name: string }) => name);
  const used = [...JSON.stringify(dashboard).matchAll(/\$\{?(?!__)(\w+)/g)].map(([, name]) => name);
  expect(defined).toEqual(expect.arrayContaining([...new Set(used)]));
});

test("the documentation lists every metric, and none that does not exist", () => {
  const documented = [
    ...read("docs/observability.md").matchAll(/(?<=^\|.*)`((?:contactswing_bff|nodejs|process)_\w+)`/gm),
  ].map(([, name]) => name);

  expect([...new Set([...sampleNames].map(toFamily))].sort()).toEqual([...documented].sort());
});
