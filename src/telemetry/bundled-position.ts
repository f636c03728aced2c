import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";

// The map lies beside the bundle, which this module is then part of.
const mapFile = new URL(`${import.meta.url}.map`);
let map: SourceMap | undefined;

/**
 * Where a place in the bundle came from, as `contactswing/client.js:52`; undefined for a place in a library's code.
 * @param line counted from 1, as is `column`.
 */
export function findBundledPosition(line: number, column: number): string | undefined {
  map ??= new SourceMap(JSON.parse(readFileSync(mapFile, "utf8")));
  const origin = map.findOrigin(line, column);
  if (!("fileName" in origin) || origin.fileName.includes("node_modules")) return undefined;
  return `${origin.fileName}:${origin.lineNumber}`;
}
