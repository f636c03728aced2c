// After `npm ci`: builds the playground and removes what nothing here uses, which is half of what npm installs.
import { globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { buildPlayground, packageFolder } from "./build-playground.mjs";

const root = join(import.meta.dirname, "..");
const unused = [
  // The packages that the playground was built from: 200 MB.
  `${packageFolder}/node_modules`,
  // Node's C headers, with which nothing is compiled: 67 MB.
  "node_modules/node/node_modules/node-*/include",
  // The source maps of packages: 37 MB.
  "node_modules/**/*.map",
];

await buildPlayground();
for (const path of globSync(unused, { cwd: root })) rmSync(join(root, path), { recursive: true, force: true });
