import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, test } from "@jest/globals";

const src = new URL("../../src", import.meta.url).pathname;
const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));

/** The modules that a file imports, with those of the source tree as paths below `src/`. */
function readImports(file: string): string[] {
  const text = readFileSync(join(src, file), "utf8");
  const specifiers = [...text.matchAll(/(?:from |import\(|^import )"([^"]+)"/gm)].map(
    ([, specifier = ""]) => specifier,
  );
  return specifiers.map((name) => (name.startsWith(".") ? normalize(join(dirname(file), name)) : name));
}

/** The folder of a file, or a file that has none. */
const findRoom = (path: string) => path.split("/")[0] ?? path;

/** Each folder imports only from the lines above its own, types included. Biome finds cycles between files. */
const layers: readonly (readonly string[])[] = [
  ["limits.ts", "failures", "memory", "timing", "playground"],
  ["text", "request", "validation"],
  ["auth"],
  ["contactswing", "idempotency"],
  ["fields", "execution", "telemetry"],
  ["operations", "config.ts"],
  ["graphql", "sandbox"],
  ["http"],
  ["shutdown.ts"],
  ["service.ts"],
  ["process"],
  ["main.ts", "dev", "check-upstream"],
];

const ownFiles = files.filter((file) => !file.startsWith("playground/browser/"));

test("every folder has its place, and imports only from folders before its own", () => {
  const levels = new Map(layers.flatMap((rooms, level) => rooms.map((room) => [room, level] as const)));
  const levelOf = (path: string) => levels.get(findRoom(path)) ?? Number.NaN;
  const isOwn = (path: string) => path.endsWith(".ts");
  const isBelow = (file: string, path: string) => findRoom(path) === findRoom(file) || levelOf(path) < levelOf(file);

  const violations = ownFiles.flatMap((file) =>
    readImports(file)
      .filter((path) => isOwn(path) && !isBelow(file, path))
      .map((path) => `${file} imports ${path}`),
  );

  expect(new Set(ownFiles.map(findRoom))).toEqual(new Set(levels.keys()));
  expect(violations).toEqual([]);
});

test.each([
  { importer: /^(?:graphql|http|telemetry|sandbox|playground|service)\b/, forbidden: /^operations\/.+\// },
  { importer: /^(?!contactswing\/)/, forbidden: /^got$/ },
  { importer: /^(?!dev\/|sandbox\/)/, forbidden: /^sandbox\// },
])("$importer imports nothing that matches $forbidden", ({ importer, forbidden }) => {
  const violations = ownFiles
    .filter((file) => importer.test(file))
    .flatMap((file) => readImports(file).map((imported) => ({ file, imported })))
    .filter(({ imported }) => forbidden.test(imported));

  expect(violations).toEqual([]);
});

test("the imports that the rules are checked against are found", () => {
  expect(readImports("http/graphql-route.ts")).toContain("execution/request-context.ts");
  expect(readImports("contactswing/transport.ts")).toContain("got");
});
