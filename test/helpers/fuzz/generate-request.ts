import { createHash } from "node:crypto";
import { brotliCompressSync, constants, deflateSync, gzipSync } from "node:zlib";
import fc, { type Arbitrary } from "fast-check";
import type { GraphQLSchema } from "graphql";
import { type DocumentOptions, type GeneratedDocument, generateDocument } from "./generate-document.ts";
import { headerLines } from "./generate-headers.ts";
import { patched, repeated } from "./generate-text.ts";
import { anyJson } from "./generate-value.ts";
import {
  listScalable,
  measureText,
  renderText,
  type Scalable,
  type ScalableText,
  type Scale,
} from "./scalable-text.ts";

const compress = {
  identity: (text: string) => Buffer.from(text),
  gzip: (text: string) => gzipSync(text),
  "x-gzip": (text: string) => Buffer.concat([gzipSync(text.slice(0, 100)), gzipSync(text.slice(100))]),
  // Further members, which are empty.
  members: (text: string) => Buffer.concat([gzipSync(text), ...Array(50).fill(gzipSync(""))]),
  deflate: (text: string) => deflateSync(text),
  br: (text: string) => brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
};
type Encoding = keyof typeof compress;
const encodings = Object.keys(compress) as Encoding[];

interface Recipe {
  /** Which part of it is unusual. */
  readonly kind: string;
  readonly method: "POST" | "GET";
  readonly path: ScalableText;
  readonly document: GeneratedDocument;
  readonly isAuthorized: boolean;
  readonly headers: readonly ScalableText[];
  readonly extensions: ScalableText | "registered" | undefined;
  readonly operationName: ScalableText | undefined;
  readonly members: ScalableText;
  readonly encoding: Encoding;
  /** Bytes of each HTTP chunk; 0 without chunks. */
  readonly chunkBytes: number;
  readonly pipelined: number;
}

export interface Rendering {
  readonly bytes: Buffer;
  /** Its beginning, its parameters, and how it was encoded, to be read by people. */
  readonly description: string;
}

/** A request, or several that are pipelined, that can be rendered in any size. */
export interface GeneratedRequest {
  /** Which part of it is unusual. */
  readonly kind: string;
  /** @param salt makes the document another one, so that caches do not hide what it costs. */
  readonly render: (scale: Scale, salt: number) => Rendering;
  /** How many characters it has before compression, about. */
  readonly measure: (scale: Scale) => number;
  readonly scalable: readonly Scalable[];
  /** The same as one POST with a compressed body, so that more of it fits. */
  readonly compressed: () => GeneratedRequest;
}

const paths = fc.oneof(
  { weight: 16, arbitrary: fc.constant<ScalableText>("/graphql") },
  { weight: 1, arbitrary: fc.constantFrom("/metrics", "/health/live", "/health/ready", "/", "*", "http://a/graphql") },
  {
    weight: 1,
    arbitrary: patched(
      ["/", "/graphql", "/graphql?", "/health/"],
      ["/", "%25", "..", ";", "%2f", "?", "&a", "a%n=&", "%ff", "+"],
      ["", "x"],
    ),
  },
);

/** Requests of which one part is unusual, and everything else plain so that this part is reached, or all of them. */
function generateRecipes(schema: GraphQLSchema): Arbitrary<Recipe> {
  const method = fc.constantFrom<Recipe["method"]>("POST", "POST", "POST", "GET");
  const encoding = fc.oneof(fc.constant<Encoding>("identity"), fc.constantFrom(...encodings));
  const more = repeated(fc.tuple(fc.constantFrom(',"a%n":', ',"a":', ',"variables":', ',"__proto__":'), anyJson));
  const plain = {
    method: fc.constant<Recipe["method"]>("POST"),
    path: fc.constant<ScalableText>("/graphql"),
    document: generateDocument(schema, { text: "plain", variables: "valid" }),
    isAuthorized: fc.boolean(),
    headers: fc.constant<ScalableText[]>([]),
    extensions: fc.constant(undefined),
    operationName: fc.constant(undefined),
    members: fc.constant<ScalableText>(""),
    encoding: fc.constant<Encoding>("identity"),
    chunkBytes: fc.constant(0),
    pipelined: fc.constant(1),
  };
  const body = {
    extensions: fc.oneof(
      { weight: 2, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.constant<"registered">("registered") },
      { weight: 1, arbitrary: anyJson },
      {
        weight: 1,
        arbitrary: anyJson.map((value): ScalableText => ['{"persistedQuery":{"version":1,"sha256Hash":', value, "}}"]),
      },
    ),
    operationName: fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: anyJson }),
    members: fc.oneof(fc.constant<ScalableText>(""), more),
    encoding,
  };
  const wire = {
    path: paths,
    chunkBytes: fc.constantFrom(0, 0, 1, 2, 100),
    pipelined: fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 60 })),
  };
  const document = (options: DocumentOptions) => ({ document: generateDocument(schema, options), method, encoding });
  const variables = {
    document: generateDocument(schema, { text: "plain", variables: "any" }),
    encoding: fc.constantFrom(...encodings),
  };
  const headers = { headers: headerLines, method };
  const kinds: Record<string, Partial<RecipeModel>> = {
    "valid document": document({ text: "valid", variables: "valid" }),
    "any document": document({ text: "any", variables: "valid" }),
    variables,
    "variables in chunks": { ...variables, chunkBytes: wire.chunkBytes, pipelined: wire.pipelined },
    headers,
    body,
    wire: { ...wire, method },
    everything: { ...document({ text: "any", variables: "any" }), ...headers, ...body, ...wire },
  };
  return fc.oneof(
    ...Object.entries(kinds).map(([kind, unusual]) =>
      fc.record<Recipe>({ kind: fc.constant(kind), ...plain, ...unusual }),
    ),
  );
}

type RecipeModel = { readonly [Key in keyof Recipe]: Arbitrary<Recipe[Key]> };

export function generateRequest(schema: GraphQLSchema): Arbitrary<GeneratedRequest> {
  return generateRecipes(schema).map(toRequest);
}

function toRequest(recipe: Recipe): GeneratedRequest {
  const parts = [recipe.path, ...recipe.headers, ...listBodyParts(recipe)];
  return {
    kind: recipe.kind,
    render: (scale, salt) => render(recipe, scale, salt),
    measure: (scale) => recipe.pipelined * measureText(parts, scale),
    scalable: listScalable(parts),
    compressed: () => toRequest({ ...recipe, method: "POST", encoding: "gzip", chunkBytes: 0, pipelined: 1 }),
  };
}

function listBodyParts({ document, extensions = "", operationName = "", members }: Recipe): ScalableText[] {
  return [document.parts, ...document.variables.map(({ value }) => value), extensions, operationName, members];
}

function render(recipe: Recipe, scale: Scale, salt: number): Rendering {
  const parameters = renderParameters(recipe, scale, salt);
  const request =
    recipe.method === "GET" ? renderGet(recipe, scale, parameters) : renderPost(recipe, scale, parameters);
  const all = Array.from({ length: recipe.pipelined }, (_, index) =>
    request(index === recipe.pipelined - 1 ? "Connection: close\r\n" : ""),
  );
  return { bytes: Buffer.concat(all), description: describe(recipe, all.length, scale, parameters) };
}

function describe(recipe: Recipe, count: number, scale: Scale, parameters: Record<string, string>): string {
  const { method, path, isAuthorized, headers, encoding, chunkBytes } = recipe;
  const texts = [renderText(path, scale), ...headers.map((line) => renderText(line, scale).trimEnd())];
  const described = [...texts, ...Object.entries(parameters).map(([name, json]) => `${name}=${json}`)];
  return [
    count > 1 ? `${count} ×` : "",
    method,
    method === "POST" ? `${encoding}${chunkBytes > 0 ? ` in chunks of ${chunkBytes}` : ""}` : "",
    isAuthorized ? "with a token" : "",
    ...described.map(abbreviate),
  ]
    .filter((word) => word !== "")
    .join(" ");
}

function abbreviate(text: string): string {
  const { length } = text;
  return length <= 400 ? text : `${text.slice(0, 300)} … ${text.slice(-60)} (${length} characters)`;
}

/** The parameters of GraphQL over HTTP, as JSON. */
function renderParameters({ document, extensions, operationName }: Recipe, scale: Scale, salt: number) {
  const query = `${document.render(scale)}#${salt}`;
  const used = document.variables.filter(({ name }) => query.includes(`$${name}`));
  const members = used.map(({ name, value }) => `"${name}":${renderText(value, scale)}`);
  const sha256Hash = createHash("sha256").update(query).digest("hex");
  const registered = JSON.stringify({ persistedQuery: { version: 1, sha256Hash } });
  return {
    query: JSON.stringify(query),
    ...(members.length > 0 && { variables: `{${members.join(",")}}` }),
    ...(extensions !== undefined && {
      extensions: extensions === "registered" ? registered : renderText(extensions, scale),
    }),
    ...(operationName !== undefined && { operationName: renderText(operationName, scale) }),
  };
}

type RenderRequest = (connection: string) => Buffer;

function renderHead({ method, headers, isAuthorized }: Recipe, path: string, scale: Scale): string {
  const token = isAuthorized ? "Authorization: Bearer t\r\n" : "";
  const preflight = method === "GET" ? "Apollo-Require-Preflight: a\r\n" : "";
  return `${method} ${path} HTTP/1.1\r\nHost: a\r\n${token}${preflight}${headers.map((line) => renderText(line, scale)).join("")}`;
}

function renderGet(recipe: Recipe, scale: Scale, parameters: Record<string, string>): RenderRequest {
  const path = renderText(recipe.path, scale);
  const search = Object.entries(parameters).map(([name, json]) => {
    const text = name === "query" || name === "operationName" ? readText(json) : json;
    return `${name}=${encodeURIComponent(text.toWellFormed()).replaceAll("%20", "+")}`;
  });
  const head = renderHead(recipe, `${path}${path.includes("?") ? "&" : "?"}${search.join("&")}`, scale);
  return (connection) => Buffer.from(`${head}${connection}\r\n`, "latin1");
}

function readText(json: string): string {
  try {
    return String(JSON.parse(json));
  } catch {
    return json;
  }
}

function renderPost(recipe: Recipe, scale: Scale, parameters: Record<string, string>): RenderRequest {
  const { encoding, chunkBytes, members } = recipe;
  const fields = Object.entries(parameters).map(([name, json]) => `"${name}":${json}`);
  const body = compress[encoding](`{${fields.join(",")}${renderText(members, scale)}}`);
  const contentEncoding =
    encoding === "identity" ? "" : `Content-Encoding: ${encoding === "members" ? "gzip" : encoding}\r\n`;
  const hasType = recipe.headers.some((line) => renderText(line, () => 0).startsWith("Content-Type"));
  const head =
    renderHead(recipe, renderText(recipe.path, scale), scale) +
    (hasType ? "" : "Content-Type: application/json\r\n") +
    contentEncoding;
  if (chunkBytes === 0) {
    return (connection) =>
      Buffer.concat([Buffer.from(`${head}${connection}Content-Length: ${body.length}\r\n\r\n`, "latin1"), body]);
  }
  const chunked = toChunks(body, chunkBytes);
  return (connection) =>
    Buffer.concat([Buffer.from(`${head}${connection}Transfer-Encoding: chunked\r\n\r\n`, "latin1"), chunked]);
}

function toChunks(body: Buffer, chunkBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let start = 0; start < body.length; start += chunkBytes) {
    const chunk = body.subarray(start, start + chunkBytes);
    chunks.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from("\r\n"));
  }
  return Buffer.concat([...chunks, Buffer.from("0\r\n\r\n")]);
}
