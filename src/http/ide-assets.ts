import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";

/** `dist/ide/manifest.json`, as `.ci/build-ide.mjs` writes it. */
export interface IdeManifest {
  /** Name of the page's module script. */
  readonly script: string;
  readonly style: string;
  readonly licences: string;
  readonly assets: Readonly<Record<string, { readonly type: string; readonly isCompressed: boolean }>>;
}

/** How bytes are coded on their way; the files have the same endings. */
export type Encoding = "br" | "gzip" | "identity";
export const encodings: readonly Encoding[] = ["br", "gzip", "identity"];

export interface Asset {
  readonly type: string;
  readonly encoding: Encoding;
  readonly bytes: Buffer;
}

export interface IdeAssets {
  /** What the bundle consists of; undefined when it has not been built. Read once, at the first call. */
  readManifest(): Promise<IdeManifest | undefined>;
  /** Reads a file of the bundle, coded as asked or, for one that is small as it is, as identity. Nothing is kept. */
  readAsset(name: string, encoding: Encoding): Promise<Asset | undefined>;
}

/** The playground's bundle on disk. Only names in its manifest are ever opened. */
export function createIdeAssets(directory: URL): IdeAssets {
  let manifest: Promise<IdeManifest | undefined> | undefined;

  const readManifest = () => {
    manifest ??= readFile(new URL("manifest.json", directory), "utf8").then(
      (text) => JSON.parse(text) as IdeManifest,
      () => undefined,
    );
    return manifest;
  };

  return {
    readManifest,
    async readAsset(name, encoding) {
      const assets = (await readManifest())?.assets ?? {};
      const entry = Object.hasOwn(assets, name) ? assets[name] : undefined;
      if (entry === undefined) return undefined;
      const { type, isCompressed } = entry;
      if (!isCompressed) return { type, encoding: "identity", bytes: await readFile(new URL(name, directory)) };
      const bytes = await readFile(new URL(`${name}.${encoding === "br" ? "br" : "gz"}`, directory));
      return { type, encoding, bytes: encoding === "identity" ? await promisify(gunzip)(bytes) : bytes };
    },
  };
}
