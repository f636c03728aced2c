import { readFile } from "node:fs/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { GraphQLSchema } from "graphql";
import Negotiator from "negotiator";
import { introspectPublicSchema } from "./public-introspection.ts";
import type { PlaygroundDemo, PlaygroundSettings } from "./settings.ts";

export interface PlaygroundOptions {
  readonly schema: GraphQLSchema;
  /** Where `scripts/build-playground.mjs` has written the browser's part. */
  readonly directory: URL;
  readonly demo?: PlaygroundDemo | undefined;
  /** Called before each page: builds the browser's part in development. */
  readonly build?: (() => Promise<void>) | undefined;
}

/** Responds to a browser that opens `/graphql`. */
export type RespondToBrowser = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

// Monaco and Radix write style elements at run time and embed their fonts, so those two may be inline.
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
];

const pageHeaders = {
  "content-security-policy": policy.join("; "),
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // Files keep their names from build to build, and have an ETag.
  "cache-control": "no-cache",
};

/** Whether a browser opens the address, rather than a client that sends a query to it. */
export function isPageRequest({ method, query, headers: { accept } }: FastifyRequest): boolean {
  const parameters = query as Readonly<Record<string, unknown>>;
  // An empty parameter counts as absent.
  if (method !== "GET" || accept === undefined || parameters.query || parameters.extensions) return false;
  return new Negotiator({ headers: { accept } }).mediaType(["application/json", "text/html"]) === "text/html";
}

/** Serves the playground's files under `/graphql/playground/`, and its page by the returned function. */
export function registerPlayground(
  app: FastifyInstance,
  { schema, directory, demo, build }: PlaygroundOptions,
): RespondToBrowser {
  app.get("/", async (request, reply) => (isPageRequest(request) ? reply.redirect("graphql") : reply.callNotFound()));
  app.register(
    (files, _options, done) => {
      files.addHook("onRequest", async (_request, reply) => {
        reply.headers(pageHeaders);
      });
      files.get("/settings.json", async (): Promise<PlaygroundSettings> => (demo === undefined ? {} : { demo }));
      files.get("/schema.json", async () => ({ data: introspectPublicSchema(schema) }));
      // Loaded only where the playground is on.
      files.register(import("@fastify/static"), {
        root: directory,
        preCompressed: true,
        cacheControl: false,
        decorateReply: false,
      });
      done();
    },
    { prefix: "/graphql/playground" },
  );

  return async (request, reply) => {
    await build?.();
    const page = await readFile(new URL("index.html", directory), "utf8").catch(() => undefined);
    if (page === undefined) return sendNotice(request, reply, "The playground is not part of this build.");
    // Not a GraphQL request: it has no line in the log and is not counted.
    request.record = null;
    return reply
      .headers({ ...pageHeaders, vary: "accept" })
      .type("text/html; charset=utf-8")
      .send(page);
  };
}

/** Responds to a browser where the playground is off. */
export const respondWithoutPlayground: RespondToBrowser = async (request, reply) =>
  sendNotice(request, reply, "The playground is off. PLAYGROUND=true turns it on.");

function sendNotice(request: FastifyRequest, reply: FastifyReply, reason: string): FastifyReply {
  if (request.record) request.record.errorCodes = ["NOT_FOUND"];
  const title = "No playground here";
  const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="color-scheme" content="light dark"><title>${title}</title></head>
<body><h1>${title}</h1><p>${reason} Send queries to this address with POST.</p></body>
</html>
`;
  return reply
    .code(404)
    .headers({ ...pageHeaders, "cache-control": "no-store", vary: "accept" })
    .type("text/html; charset=utf-8")
    .send(html);
}
