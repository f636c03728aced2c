import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { sumMemory } from "../../scripts/memory-uses.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const find = (text: string, pattern: RegExp) => Number(pattern.exec(text)?.[1]);

test("the worst case of memory fits into V8's limits and into the container", () => {
  const { start } = JSON.parse(read("package.json")).scripts;
  const oldSpace = find(start, /--max-old-space-size=(\d+)/);
  const youngObjects = 3 * find(start, /--max-semi-space-size=(\d+)/);
  const container = find(
    read("deploy/helm/contactswing-bff/values.yaml"),
    /^ {2}limits:\n(?: {4}.*\n)*? {4}memory: (\d+)Mi/m,
  );
  const { heap, outside } = sumMemory();

  expect(heap).toBeLessThan(oldSpace);
  expect(oldSpace + youngObjects + outside).toBeLessThan(container);
});
