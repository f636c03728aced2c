import { isUtf8 } from "node:buffer";
import type { Readable } from "node:stream";
import { brotliDecompressSync, gunzipSync, inflateSync, type ZlibOptions } from "node:zlib";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { overloaded, RequestFailure } from "../failures/failure.ts";
import { limits } from "../limits.ts";
import { ByteCollector } from "../memory/byte-collector.ts";
import { estimateJsonBytes } from "../memory/estimates.ts";
import type { Memory } from "../memory/memory-budget.ts";
import { HttpError } from "./error-responses.ts";
import { countJsonValues } from "./json-values.ts";

const { bodyBytes: maxBytes, bodyChunks: maxChunks, jsonValues: maxValues, contentTypeCharacters } = limits.request;

// Synchronous: one decompression at a time bounds the memory for all of them, and 256 KiB take about a millisecond.
const decompress: Readonly<Record<string, (body: Buffer, options: ZlibOptions) => Buffer>> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: (body, { maxOutputLength }) => brotliDecompressSync(body, { maxOutputLength: maxOutputLength ?? 0 }),
};
const acceptedEncodings = "gzip, deflate, br";

/** Reads bodies of JSON in UTF-8, compressed or not. Anything else is rejected with 400, 413, or 415. */
export function setUpJsonBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", (request, payload, done) => {
    readText(request, payload).then((text) => {
      void parseJson(request, text, (error, body) =>
        done(error && new HttpError(400, "The request body is not valid JSON."), body),
      );
    }, done);
  });
  app.addHook("onRequest", ({ headers }, _reply, done) => {
    const isBodyTooLarge = Number(headers["content-length"] ?? 0) > maxBytes;
    const isTypeTooLong = (headers["content-type"] ?? "").length > contentTypeCharacters;
    done(isBodyTooLarge ? new HttpError(413) : isTypeTooLong ? new HttpError(415) : undefined);
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (reply.statusCode === 413) reply.header("connection", "close");
    if (reply.statusCode === 415) reply.header("accept-encoding", acceptedEncodings);
    done(null, payload);
  });
}

async function readText(request: FastifyRequest, payload: Readable): Promise<string> {
  checkCharset(request);
  const encoding = readEncoding(request);
  const received = await collect(payload, request.memory);
  const body = encoding === undefined ? received : expand(received, encoding);
  // RFC 8259, section 8.1. Decoding anything else would change what the caller sent.
  if (!isUtf8(body)) throw new HttpError(400, "The request body is not UTF-8.");
  const values = countJsonValues(body);
  if (values > maxValues) throw new HttpError(413, `The request body has more than ${maxValues} JSON values.`);
  const shortage = request.memory.take(estimateJsonBytes(body.length, values));
  if (shortage !== undefined) throw new RequestFailure(overloaded("memory"));
  return body.toString();
}

/** Reads a body to its end. What arrives after it was rejected is dropped. */
function collect(payload: Readable, memory: Memory): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const collector = new ByteCollector(maxBytes, memory);
    let chunks = 0;
    const onData = (chunk: Buffer) => {
      chunks += 1;
      const shortage = chunks > maxChunks ? "over-limit" : collector.add(chunk);
      if (shortage === undefined) return;
      payload.off("data", onData);
      reject(shortage === "over-limit" ? new HttpError(413) : new RequestFailure(overloaded("memory")));
    };
    payload.on("data", onData);
    payload.on("end", () => resolve(collector.bytes()));
    // The caller disconnected, or its body is not valid HTTP.
    payload.on("error", () => reject(new HttpError(400)));
  });
}

function checkCharset({ headers }: FastifyRequest): void {
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(headers["content-type"] ?? "")?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) throw new HttpError(415);
}

/** The name of the body's compression, undefined without one. An empty header counts as absent. @throws HttpError */
function readEncoding({ headers }: FastifyRequest): string | undefined {
  const encoding = headers["content-encoding"]?.trim().toLowerCase();
  if (encoding === undefined || encoding === "" || encoding === "identity") return undefined;
  if (Object.hasOwn(decompress, encoding)) return encoding;
  throw new HttpError(415, `Send the request body uncompressed, or compressed with one of: ${acceptedEncodings}.`);
}

function expand(body: Buffer, encoding: string): Buffer {
  try {
    return decompress[encoding]?.(body, { maxOutputLength: maxBytes }) ?? body;
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw isTooLarge ? new HttpError(413) : new HttpError(400, "The request body could not be decompressed.");
  }
}
