import { writeFileSync } from "node:fs";
import { printSupergraph, supergraphFile } from "./supergraph.ts";

writeFileSync(supergraphFile, printSupergraph());
