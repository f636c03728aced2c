import { readFileSync } from "node:fs";

/** The service's version, from the package it is shipped in. */
export const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  version: string;
};
