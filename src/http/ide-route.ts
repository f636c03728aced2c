import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLSchema } from "graphql";
import Negotiator from "negotiator";
import { type Asset, createIdeAssets, type Encoding, encodings } from "./ide-assets.ts";
import { inertHeaders, playgroundHeaders, renderNotice, renderPlayground } from "./ide-page.ts";
import { createSchemaAsset, type SchemaAsset } from "./ide-schema.ts";
import type { IdeDemo } from "./ide-settings.ts";

export interface IdeOptions {
  /** Where the bundle was built to. */
  readonly directory: URL;
  readonly schema: GraphQLSchema;
  readonly demo?: IdeDemo;
}

/** Answers a browser that opens `/graphql`. */
export type RespondToBrowser = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

const assetsPath = "/graphql/ide/";
const oneYear = "public, max-age=31536000, immutable";

/** Whether a browser opens the address, rather than a client sending a query to it. */
export function isPageRequest({ method, query, headers: { accept } }: FastifyRequest): boolean {
  const parameters = query as Readonly<Record<string, unknown>>;
  if (method !== "GET" || accept === undefined || "query" in parameters || "extensions" in parameters) return false;
  return new Negotiator({ headers: { accept } }).mediaType(["application/json", "text/html"]) === "text/html";
}

/** The playground: its files under `/graphql/ide/`, and the page as the returned answer. Nothing is read before the first request. */
export function registerIdeRoute(app: FastifyInstance, { directory, schema, demo }: IdeOptions): RespondToBrowser {
  const assets = createIdeAssets(directory);
  let schemaAsset: SchemaAsset | undefined;
  const describeSchema = () => {
    schemaAsset ??= createSchemaAsset(schema);
    return schemaAsset;
  };

  app.get<{ Params: { name: string } }>(`${assetsPath}:name`, async (request, reply) => {
    const { name } = request.params;
    const encoding = chooseEncoding(request);
    const asset =
      name === describeSchema().name ? describeSchema().encode(encoding) : await assets.readAsset(name, encoding);
    return asset === undefined ? reply.callNotFound() : sendAsset(reply, asset);
  });

  return async (request, reply) => {
    const manifest = await assets.readManifest();
    if (manifest === undefined) return refuseBrowser(request, reply, "The playground is not part of this build.");
    const settings = {
      schemaUrl: `${assetsPath.slice(1)}${describeSchema().name}`,
      ...(demo === undefined ? {} : { demo }),
    };
    const page = renderPlayground(assetsPath.slice(1), manifest, settings);
    const etag = `"${createHash("sha256").update(page).digest("base64url")}"`;
    // Not a GraphQL request: no line in the log, no count.
    request.record = null;
    reply.headers({ ...playgroundHeaders, "cache-control": "no-cache", etag, vary: "accept" });
    const isKnown = request.headers["if-none-match"]?.includes(etag) === true;
    return isKnown ? reply.code(304).send() : reply.type("text/html; charset=utf-8").send(page);
  };
}

/** Answers a browser where the playground is off. */
export const respondWithoutPlayground: RespondToBrowser = async (request, reply) =>
  refuseBrowser(request, reply, "The playground is off. It is turned on with PLAYGROUND=true.");

function refuseBrowser(request: FastifyRequest, reply: FastifyReply, reason: string): FastifyReply {
  if (request.record) request.record.errorCodes = ["NOT_FOUND"];
  return reply
    .code(404)
    .headers({ ...inertHeaders, "cache-control": "no-store", vary: "accept" })
    .type("text/html; charset=utf-8")
    .send(renderNotice("No playground here", `${reason} POST queries to this address.`));
}

/** The smallest coding that the browser takes: those it names are usually all the same to it. */
function chooseEncoding({ headers }: FastifyRequest): Encoding {
  const accepted = new Negotiator({ headers: { "accept-encoding": headers["accept-encoding"] } }).encodings(encodings);
  return encodings.find((encoding) => accepted.includes(encoding)) ?? "identity";
}

function sendAsset(reply: FastifyReply, { type, encoding, bytes }: Asset): FastifyReply {
  if (encoding !== "identity") reply.header("content-encoding", encoding);
  return reply
    .headers({ ...inertHeaders, "cache-control": oneYear, vary: "accept-encoding" })
    .type(type)
    .send(bytes);
}
