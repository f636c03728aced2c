import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const rules = new URL("../../deploy/observability/alerts.yaml", import.meta.url).pathname;
const minutes = 90;

/** Whether promtool is there (Debian: `apt-get install prometheus`). CI requires it. */
export const hasPromtool = process.env.CI !== undefined || spawnSync("promtool", ["--version"]).status === 0;

/** Runs a file of unit tests; throws with what promtool says if one fails. */
export function runRuleTests(path: string): void {
  try {
    execFileSync("promtool", ["test", "rules", path], { encoding: "utf8", stdio: "pipe" });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`promtool: ${stdout}${stderr}` || String(error));
  }
}

/** Two scrapes of /metrics in Prometheus' text format, and the time between them. */
export interface Observation {
  readonly before: string;
  readonly after: string;
  readonly seconds: number;
}

/**
 * Asserts that an alert fires if things go on for an hour and a half as they did between two scrapes: counters grow at
 * the same rate, gauges keep their value.
 */
export function expectAlert(alert: string, observation: Observation): void {
  const series = extrapolate(observation).map(([name, values]) => ({ series: name, values }));
  const test = {
    rule_files: [rules],
    evaluation_interval: "1m",
    tests: [
      {
        interval: "1m",
        input_series: series,
        promql_expr_test: [
          {
            expr: `count by (alertname) (ALERTS{alertname="${alert}", alertstate="firing"})`,
            eval_time: `${minutes - 5}m`,
            exp_samples: [{ labels: `{alertname="${alert}"}`, value: 1 }],
          },
        ],
      },
    ],
  };
  const folder = mkdtempSync(join(tmpdir(), "alerts-"));
  try {
    const path = join(folder, "test.yaml");
    // JSON is YAML.
    writeFileSync(path, JSON.stringify(test));
    runRuleTests(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function extrapolate({ before, after, seconds }: Observation): [string, string][] {
  const old = new Map(readSamples(before).map(({ series, value }) => [series, value]));
  return readSamples(after).map(({ series, value, isGauge }) => {
    const step = isGauge ? 0 : ((value - (old.get(series) ?? 0)) * 60) / seconds;
    return [series, `${isGauge ? value : 0}+${step}x${minutes}`];
  });
}

function readSamples(text: string): { series: string; value: number; isGauge: boolean }[] {
  const gauges = new Set([...text.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name]) => name));
  return [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = "", labels, value]) => ({
    series: `${name}{instance="bff:4000"${labels ? `,${labels}` : ""}}`,
    value: Number(value),
    isGauge: gauges.has(name),
  }));
}
