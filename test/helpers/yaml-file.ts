import { readFileSync } from "node:fs";
import { parse } from "yaml";

/** A YAML file of the repository, by its path from the root. Anchors and merge keys are put in. */
export function readYaml<Content>(path: string): Content {
  return parse(readFileSync(new URL(`../../${path}`, import.meta.url), "utf8"), { merge: true }) as Content;
}
