import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

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

test("the operations guide has advice on every setting of the README", () => {
  const settings = findVariables(read("README.md"));

  expect(settings).toContain("SHUTDOWN_GRACE_MS");
  expect(findVariables(read("docs/operations.md"))).toEqual(expect.arrayContaining(settings));
});

test.each(["docs/operations.md", "docs/observability.md"])("%s links to files and headings that exist", (path) => {
  const file = new URL(`../../${path}`, import.meta.url);
  const links = [...readFileSync(file, "utf8").matchAll(/\]\(([^)\s]*)\)/g)].map(([, link = ""]) => link.split("#"));

  expect(links).not.toEqual([]);
  for (const [target = "", anchor] of links) {
    const url = target === "" ? file : new URL(target, file);
    expect([target, existsSync(url)]).toEqual([target, true]);
    if (anchor === undefined) continue;
    const headings = readFileSync(url, "utf8").match(/(?<=^#+ ).+$/gm) ?? [];
    expect([target, headings.map(toAnchor)]).toEqual([target, expect.arrayContaining([anchor])]);
  }
});
