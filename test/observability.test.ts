import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { serviceFaultPattern } from "../src/failures/service-faults.ts";
import { create, minimalInput, send } from "./helpers/graphql.ts";
import { scrape } from "./helpers/metrics.ts";
import { parsePromQl } from "./helpers/promql.ts";
import { startService } from "./helpers/service.ts";
import { createdAnswer, startUpstream } from "./helpers/upstream.ts";

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

const { groups } = parse(read("deploy/observability/alerts.yaml")) as { groups: { name: string; rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);
const alerts = rules.filter((rule) => rule.alert !== undefined);
const dashboard = JSON.parse(read("deploy/observability/dashboard.json"));
const panels: { id: number; title: string; type: string; targets?: { expr: string }[] }[] = dashboard.panels;

/** Grafana's variables as Grafana would fill them in. */
const fillIn = (expression: string) =>
  expression.replaceAll("$__rate_interval", "5m").replaceAll("$__range", "6h").replaceAll("$instance", "a:4000|b:4000");

const expressions: [string, string][] = [
  ...rules.map((rule): [string, string] => [rule.alert ?? rule.record ?? "", rule.expr]),
  ...panels.flatMap((panel) =>
    (panel.targets ?? []).map(({ expr }): [string, string] => [`panel ${panel.title}`, fillIn(expr)]),
  ),
];

/** Names of the samples of a service that has been used, with the labels and values that they have. */
const series = new Map<string, Map<string, Set<string>>>();

beforeAll(async () => {
  const upstream = await startUpstream(({ body }) =>
    body.includes("bad") ? { status: 500, body: "" } : createdAnswer,
  );
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });
  await create(url, minimalInput, { authorization: "Bearer t" });
  await create(url, { name: "bad", webhook: {} }, { authorization: "Bearer t" });
  await send(url, { query: "{ __typename }" });
  for (const { samples } of (await scrape(url)).families.values()) {
    for (const { name, labels } of samples) {
      const known = series.get(name) ?? new Map<string, Set<string>>();
      series.set(name, known);
      for (const [label, value] of Object.entries(labels)) {
        known.set(label, (known.get(label) ?? new Set()).add(value));
      }
    }
  }
});

// Prometheus itself adds these when it scrapes.
const scrapeLabels = ["instance", "job"];
// Codes that need another setting than the service above has.
const possibleCodes = ["OVERLOADED", "IDEMPOTENCY_UNAVAILABLE", "AUTH_UNAVAILABLE", "RATE_LIMITED"];

test.each(expressions)("%s parses and names only what /metrics has", (_name, expression) => {
  const selectors = parsePromQl(expression);

  expect(selectors).not.toEqual([]);
  for (const { metric, matchers } of selectors) {
    if (rules.some(({ record }) => record === metric)) continue;
    expect([...series.keys()]).toContain(metric);
    for (const { label, value } of matchers.filter(({ label }) => !scrapeLabels.includes(label))) {
      const values = [...(series.get(metric)?.get(label) ?? []), ...(label === "code" ? possibleCodes : [])];
      expect({
        metric,
        label,
        value,
        isFound: values.some((known) => new RegExp(`^(?:${value})$`).test(known)),
      }).toEqual({ metric, label, value, isFound: true });
    }
  }
});

test("every metric of the service's own is on the dashboard or in an alert", () => {
  const shown = new Set(expressions.flatMap(([, expression]) => parsePromQl(expression)).map(({ metric }) => metric));
  const bases = new Set([...shown].map((metric) => metric.replace(/_(bucket|count|sum)$/, "")));
  const own = [...series.keys()]
    .filter((name) => name.startsWith("contactswing_bff_"))
    .map((name) => name.replace(/_(bucket|count|sum)$/, ""));

  expect(own.filter((name) => !bases.has(name))).toEqual([]);
});

test("the faults that the objectives count are the faults that the log warns of", () => {
  const patterns = expressions
    .flatMap(([, expression]) => parsePromQl(expression))
    .flatMap(({ matchers }) => matchers)
    .filter(({ label, value }) => label === "code" && value.includes("|"))
    .map(({ value }) => value);

  expect(patterns.length).toBeGreaterThan(5);
  expect(new Set(patterns)).toEqual(new Set([serviceFaultPattern]));
});

describe("alerts", () => {
  test("have a name of their own, a severity, words for whoever is woken, and a section in the documentation", () => {
    const sections = [...read("docs/observability.md").matchAll(/^### (ContactSwingBff\w+)$/gm)].map(
      ([, name]) => name,
    );

    expect(alerts.map(({ alert }) => alert)).toEqual(sections);
    for (const { alert, labels, annotations } of alerts) {
      expect(labels?.severity).toMatch(/^(page|ticket)$/);
      expect(annotations?.summary).toMatch(/\.$/);
      expect(annotations?.description).toMatch(/\.$/);
      expect(annotations?.runbook).toBe(`docs/observability.md#${alert?.toLowerCase()}`);
    }
  });

  test("use every recorded window", () => {
    const recorded = rules.flatMap(({ record }) => (record === undefined ? [] : [record]));
    const used = new Set(alerts.flatMap(({ expr }) => parsePromQl(expr)).map(({ metric }) => metric));

    expect(recorded.filter((name) => !used.has(name))).toEqual([]);
    expect(new Set(recorded).size).toBe(recorded.length);
  });
});

test("the dashboard's panels have ids of their own, and only variables that it defines", () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const defined = dashboard.templating.list.map(({ name }: { name: string }) => name);
  const used = [...JSON.stringify(dashboard).matchAll(/\$\{?(?!__)(\w+)/g)].map(([, name]) => name);
  expect(defined).toEqual(expect.arrayContaining([...new Set(used)]));
});

test("the documentation lists every metric, and none that does not exist", () => {
  const documented = [
    ...read("docs/observability.md").matchAll(/^\| `((?:contactswing_bff|nodejs|process)_\w+)`/gm),
  ].map(([, name]) => name);
  const existing = [...series.keys()].map((name) => name.replace(/_(bucket|count|sum)$/, ""));

  expect([...new Set(existing)].sort()).toEqual([...documented].sort());
});
