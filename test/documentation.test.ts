import { existsSync, globSync, readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

const root = new URL("..", import.meta.url);

/** GitHub's anchor of a heading. */
const toAnchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\w -]/g, "")
    .replaceAll(" ", "-");

test.each(["README.md", ...globSync("docs/**/*.md", { cwd: root.pathname })])("%s has no broken link", (path) => {
  const file = new URL(path, root);
  const links = [...readFileSync(file, "utf8").matchAll(/\]\(([^)\s]*)\)/g)]
    .map(([, link = ""]) => link)
    .filter((link) => !/^https?:/.test(link));

  const broken = links.filter((link) => {
    const [target = "", anchor] = link.split("#");
    const url = target === "" ? file : new URL(target, file);
    if (!existsSync(url)) return true;
    if (anchor === undefined) return false;
    const text = readFileSync(url, "utf8");
    const headings = text.match(/(?<=^#+ ).+$/gm) ?? [];
    return !text.includes(`<a id="${anchor}">`) && !headings.map(toAnchor).includes(anchor);
  });
  expect(broken).toEqual([]);
});

test("docs/dependencies.md has every direct dependency of the service and its build", () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const table = readFileSync(new URL("docs/dependencies.md", root), "utf8");
  const isListed = (name: string) =>
    table.includes(`\`${name}\``) || (name.startsWith("@opentelemetry/") && table.includes(name.split("/")[1] ?? name));

  expect(Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !isListed(name))).toEqual([]);
});
