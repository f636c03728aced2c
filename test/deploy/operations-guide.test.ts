import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { readConfig } from "../../src/config.ts";
import { renderChart } from "../helpers/chart.ts";

const file = new URL("../../docs/operations.md", import.meta.url);
const guide = readFileSync(file, "utf8");
const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** The variables in the first column of a document's tables. */
function findVariables(markdown: string): string[] {
  const cells = markdown.split("\n").flatMap((line) => /^\|([^|]+)\|/.exec(line)?.[1] ?? []);
  return cells.flatMap((cell) => cell.match(/(?<=`)[A-Z]+(?:_[A-Z]+)*(?=`)/g) ?? []);
}

/** GitHub's anchor of a heading. */
const toAnchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");

test("has advice on every variable of the README", () => {
  const settings = findVariables(readme);

  expect(settings).toContain("SHUTDOWN_GRACE_MS");
  expect(findVariables(guide)).toEqual(expect.arrayContaining(settings));
});

test("links to files and headings that exist", () => {
  const links = [...guide.matchAll(/\]\(([^)\s]*)\)/g)].map(([, link = ""]) => link.split("#"));

  expect(links.length).toBeGreaterThan(10);
  for (const [path = "", anchor] of links) {
    const target = path === "" ? file : new URL(path, file);
    expect([path, existsSync(target)]).toEqual([path, true]);
    if (anchor === undefined) continue;
    const headings = readFileSync(target, "utf8").match(/(?<=^#+ ).+$/gm) ?? [];
    expect(headings.map(toAnchor)).toContain(anchor);
  }
});

test("says when each step of a drain happens, by the defaults of the service and of the chart", () => {
  const { shutdownDelayMs, shutdownGraceMs } = readConfig({});
  const killSeconds = renderChart().only("Deployment").spec.template.spec.terminationGracePeriodSeconds;
  const draining = guide.split("\n## ").find((section) => section.startsWith("Draining")) ?? "";
  const [, ...steps] = [...draining.matchAll(/^\| (\d+) s /gm)].map(([, seconds]) => Number(seconds));

  expect(steps).toEqual([shutdownDelayMs / 1000, (shutdownDelayMs + shutdownGraceMs) / 1000, killSeconds]);
});
