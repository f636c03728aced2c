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

// Who must not import what. A folder may import everything that no row forbids.
test.each([
  { importer: /^failures\//, forbidden: /^[a-z-]+\//, except: /^failures\// },
  { importer: /^contactswing\//, forbidden: /^(?:operations|graphql|http|idempotency|playground|sandbox)\// },
  { importer: /^operations\//, forbidden: /^(?:graphql|http|playground|sandbox)\// },
  { importer: /^graphql\//, forbidden: /^(?:http|playground|sandbox)\// },
  { importer: /^(?:graphql|http|telemetry|sandbox|playground)\//, forbidden: /^operations\/.+\// },
  { importer: /^http\//, forbidden: /^(?:operations|sandbox)\// },
  { importer: /^(?!check-upstream\/)/, forbidden: /^check-upstream\// },
  { importer: /^(?!contactswing\/)/, forbidden: /^got$/ },
])("$importer imports nothing that matches $forbidden", ({ importer, forbidden, except }) => {
  const violations = files
    .filter((file) => importer.test(file))
    .flatMap((file) => readImports(file).map((imported) => ({ file, imported })))
    .filter(({ imported }) => forbidden.test(imported) && !except?.test(imported));

  expect(violations).toEqual([]);
});

test("the imports that the rules are checked against are found", () => {
  expect(readImports("http/graphql-route.ts")).toContain("execution/request-context.ts");
  expect(readImports("contactswing/transport.ts")).toContain("got");
});
