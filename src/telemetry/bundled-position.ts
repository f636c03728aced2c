import { readFileSync } from "node:fs";

/** Per line of the bundle, in the order of columns: where a line of our own modules, or else null, begins. */
type Positions = readonly (readonly (readonly [column: number, place: string | null])[])[];

// Written beside the bundle by the build; this module is then part of the bundle.
const positionsFile = new URL("server.positions.json", import.meta.url);
let positions: Positions | undefined;

/**
 * Where a place in the bundle came from, as `contactswing/client.js:52`; undefined for a place in a library's code.
 * @param line counted from 1, as is `column`.
 */
export function findBundledPosition(line: number, column: number): string | undefined {
  positions ??= JSON.parse(readFileSync(positionsFile, "utf8")) as Positions;
  return positions[line - 1]?.findLast(([start]) => start < column)?.[1] ?? undefined;
}
