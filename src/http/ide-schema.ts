import { createHash } from "node:crypto";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { type GraphQLSchema, introspectionFromSchema } from "graphql";
import type { Asset, Encoding } from "./ide-assets.ts";

export interface SchemaAsset {
  readonly name: string;
  /** The answer to GraphiQL's introspection query, coded as asked. */
  encode(encoding: Encoding): Asset;
}

/** The schema as one more file of the bundle, named by its content: a page that is loaded again need not ask for it. */
export function createSchemaAsset(schema: GraphQLSchema): SchemaAsset {
  const introspection = introspectionFromSchema(schema, { specifiedByUrl: false, directiveIsRepeatable: false });
  const bytes = Buffer.from(JSON.stringify({ data: introspection }));
  const coded = { br: brotliCompressSync(bytes), gzip: gzipSync(bytes), identity: bytes };
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
  return {
    name: `schema-${hash}.json`,
    encode: (encoding) => ({ type: "application/json; charset=utf-8", encoding, bytes: coded[encoding] }),
  };
}
