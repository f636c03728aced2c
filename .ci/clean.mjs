import { readdirSync, rmSync } from "node:fs";

const dist = new URL("../dist/", import.meta.url);
let names = [];
try {
  names = readdirSync(dist);
} catch (error) {
  if (error.code !== "ENOENT") throw error;
}

// A file removed from src must not live on in dist. The playground's bundle knows by itself whether it is up to date.
for (const name of names) if (name !== "browser") rmSync(new URL(name, dist), { recursive: true });
