import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

test("docs/dependencies.md has every direct dependency of the service and its build", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json"));
  const table = read("docs/dependencies.md");
  const isListed = (name: string) =>
    table.includes(`\`${name}\``) || (name.startsWith("@opentelemetry/") && table.includes(name.split("/")[1] ?? name));

  expect(Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !isListed(name))).toEqual([]);
});
