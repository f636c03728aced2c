import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Scrape } from "./metrics.ts";

export const rulesFile = new URL("../../deploy/observability/alerts.yaml", import.meta.url).pathname;

/** Whether promtool is there (Debian: `apt-get install prometheus`). CI requires it. */
export const hasPromtool = process.env.CI !== undefined || spawnSync("promtool", ["--version"]).status === 0;

/** Runs promtool. @returns what it finds wrong; empty if it succeeds. */
export function findProblems(words: readonly string[], input = ""): string {
  const { status, stdout, stderr, error } = spawnSync("promtool", words, { input, encoding: "utf8" });
  return status === 0 ? "" : `promtool: ${error ?? stdout + stderr}`;
}

/** Runs promtool on a file with this content. */
export function findProblemsOf(words: readonly string[], content: object): string {
  const folder = mkdtempSync(join(tmpdir(), "promtool-"));
  try {
    const path = join(folder, "content.yaml");
    // JSON is YAML.
    writeFileSync(path, JSON.stringify(content));
    return findProblems([...words, path]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A series in the notation of promtool's unit tests. */
export interface Series {
  readonly series: string;
  readonly values: string;
}

export interface ExpectedAlert {
  /** What the series come from. */
  readonly state: string;
  readonly alert: string;
  readonly series: readonly Series[];
}

// Longer than any alert has to last before it fires.
const minutes = 16;

/** Finds the alerts that do not fire on their series, with one run of promtool for all. */
export function findSilentAlerts(expected: readonly ExpectedAlert[]): string {
  return findProblemsOf(["test", "rules"], {
    rule_files: [rulesFile],
    evaluation_interval: "2m",
    tests: expected.map(({ state, alert, series }) => ({
      name: state,
      interval: "1m",
      input_series: series,
      promql_expr_test: [
        {
          expr: `count by (alertname) (ALERTS{alertname="${alert}", alertstate="firing"})`,
          eval_time: `${minutes}m`,
          exp_samples: [{ labels: `{alertname="${alert}"}`, value: 1 }],
        },
      ],
    })),
  });
}

/** The series if things go on as they did between two scrapes: counters grow at the same rate, gauges keep their value. */
export function extrapolate(before: Scrape, after: Scrape, seconds: number): Series[] {
  const gauges = new Set([...after.text.matchAll(/^# TYPE (\S+) gauge$/gm)].map(([, name]) => name));
  return after.samples.map(({ name, labels, value }) => {
    const all = Object.entries({ instance: "bff:4000", ...labels }).map(([label, text]) => `${label}="${text}"`);
    const isGauge = gauges.has(name);
    const perMinute = isGauge ? 0 : ((value - (before.value(name, labels) ?? 0)) * 60) / seconds;
    return { series: `${name}{${all.join()}}`, values: `${isGauge ? value : 0}+${perMinute}x${minutes}` };
  });
}
