// After `npm ci` in the repository: removes what nothing here uses, and builds the playground, whose packages take 200 MB.
import { rmSync } from "node:fs";
import process from "node:process";
import { buildPlayground, packageFolder } from "./build-playground.mjs";

const root = new URL("../", import.meta.url);

// 67 MB of C headers, with which nothing is compiled.
for (const platform of [`${process.platform}-${process.arch}`]) {
  rmSync(new URL(`node_modules/node/node_modules/node-${platform}/include/`, root), { recursive: true, force: true });
}

await buildPlayground();
rmSync(new URL(`${packageFolder}/node_modules/`, root), { recursive: true, force: true });
