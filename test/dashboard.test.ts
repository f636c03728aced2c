// A panel without data looks like a scrape that failed.
import { expect, test } from "@jest/globals";
import { panelExpressions, target } from "./helpers/dashboard.ts";
import { findFreePort } from "./helpers/free-port.ts";
import { create, minimalInput, read } from "./helpers/graphql.ts";
import { type Scrape, scrape } from "./helpers/metrics.ts";
import { eventually } from "./helpers/process.ts";
import { findProblemsOf, rulesFile } from "./helpers/promtool.ts";
import { describeWith, startRedis } from "./helpers/redis.ts";
import { startSandbox, startService } from "./helpers/service.ts";

test("every series of a panel is of the selected namespace and job", () => {
  const series = panelExpressions.flatMap(({ template }) =>
    template.match(/(?<![\w:])(?:contactswing_bff|nodejs|process)[\w:]*(?:\{[^}]*\})?/g),
  );

  expect(series.filter((selector) => !selector?.includes('{namespace="$namespace", job="$job"'))).toEqual([]);
});

describeWith(["promtool", "redis-server"], "every panel has data", () => {
  const refused = async (scheme: string) => `${scheme}://127.0.0.1:${await findFreePort()}`;

  test("while everything works", async () => {
    const { url: CONTACTSWING_URL } = await startSandbox();
    const { url: REDIS_URL } = await startRedis();

    expect(findPanelsWithoutData(await observe({ CONTACTSWING_URL, REDIS_URL }, "OK"))).toBe("");
  });

  test("while everything works, without Redis", async () => {
    const { url: CONTACTSWING_URL } = await startSandbox();

    expect(findPanelsWithoutData(await observe({ CONTACTSWING_URL }, "OK"))).toBe("");
  });

  test("while nothing works", async () => {
    const environment = { CONTACTSWING_URL: await refused("http"), REDIS_URL: await refused("redis") };

    expect(findPanelsWithoutData(await observe(environment, "UPSTREAM_UNAVAILABLE", "IDEMPOTENCY_UNAVAILABLE"))).toBe(
      "",
    );
  });
});

/** The metrics of a service that has responded to queries and mutations, with and without a key, with these codes. */
async function observe(environment: Record<string, string>, ...codes: string[]): Promise<Scrape> {
  const { url } = await startService(environment);
  const responses = [await read(url), await create(url, { ...minimalInput, idempotencyKey: "key-1" })];
  for (let sent = 0; sent < 20; sent += 1) responses.push(await create(url, minimalInput));
  expect(new Set(responses.map(({ body }) => body.errors?.[0]?.extensions.code ?? "OK"))).toEqual(new Set(codes));
  return eventually(async () => {
    const metrics = await scrape(url);
    return (metrics.value("nodejs_eventloop_delay_seconds_count") ?? 0) > 0 && metrics;
  });
}

/** What promtool says about the expressions that have no value, or only NaN; empty if there is none. */
function findPanelsWithoutData(metrics: Scrape): string {
  const tests = {
    interval: "1m",
    input_series: toInputSeries(metrics),
    promql_expr_test: panelExpressions.map(({ expression }) => ({
      expr: `count((${expression}) >= 0 or (${expression}) < 0) > bool 0`,
      eval_time: "10m",
      exp_samples: [{ labels: "{}", value: 1 }],
    })),
  };
  return findProblemsOf(["test", "rules"], { rule_files: [rulesFile], evaluation_interval: "1m", tests: [tests] });
}

/** The samples as promtool's input: counters grow by their value every minute. */
function toInputSeries({ text, samples }: Scrape) {
  const gauges = new Set([...text.matchAll(/^# TYPE (\w+) gauge$/gm)].map(([, name]) => name));
  return samples.map(({ name, labels, value }) => {
    const pairs = Object.entries({ ...labels, ...target }).map(([label, text]) => `${label}="${text}"`);
    return { series: `${name}{${pairs}}`, values: gauges.has(name) ? `${value}x10` : `0+${value}x10` };
  });
}
