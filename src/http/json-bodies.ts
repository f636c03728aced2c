import { isUtf8 } from "node:buffer";
import { brotliDecompressSync, gunzipSync, inflateSync, type ZlibOptions } from "node:zlib";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ByteCollector } from "../byte-collector.ts";
import { HttpError } from "./error-responses.ts";

/**
 * Fits every input that the rules allow, however its client escapes it: two descriptions of 10,000 characters, each
 * escaped as two `\uXXXX`, are 240,000 bytes.
 */
export const maxBodyBytes = 256 * 1024;

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
    const encoding = checkEncoding(request);
    const collector = new ByteCollector(maxBodyBytes, Number(request.headers["content-length"] ?? 0) || undefined);
    let isFinished = false;
    const finish = (error: Error | null, text?: string) => {
      if (isFinished) return;
      isFinished = true;
      if (error !== null) done(error);
      else void parseJson(request, text ?? "", (problem, body) => done(problem && new HttpError(400), body));
    };
    if (encoding instanceof HttpError) return finish(encoding);
    payload.on("data", (chunk: Buffer) => {
      if (!collector.add(chunk)) finish(new HttpError(413));
    });
    payload.once("end", () => {
      if (isFinished) return;
      try {
        finish(null, toText(collector.bytes(), encoding));
      } catch (error) {
        finish(error as Error);
      }
    });
    // The caller disconnected, or its body is not valid HTTP.
    payload.once("error", () => finish(new HttpError(400)));
  });
  app.addHook("onRequest", (request, _reply, done) => {
    const length = Number(request.headers["content-length"] ?? 0);
    done(length > maxBodyBytes ? new HttpError(413) : undefined);
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    if (reply.statusCode === 413) reply.header("connection", "close");
    if (reply.statusCode === 415) reply.header("accept-encoding", acceptedEncodings);
    done(null, payload);
  });
}

/** The name of the body's compression, undefined without one. An empty header counts as absent. */
function checkEncoding({ headers }: FastifyRequest): string | undefined | HttpError {
  const charset = /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(headers["content-type"] ?? "")?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset)) return new HttpError(415);
  const encoding = headers["content-encoding"]?.trim().toLowerCase();
  if (encoding === undefined || encoding === "" || encoding === "identity") return undefined;
  return Object.hasOwn(decompress, encoding)
    ? encoding
    : new HttpError(415, `Send the request body uncompressed, or compressed with one of: ${acceptedEncodings}.`);
}

function toText(received: Buffer, encoding: string | undefined): string {
  const body = encoding === undefined ? received : expand(received, encoding);
  // RFC 8259, section 8.1. Decoding anything else would change what the caller sent.
  if (!isUtf8(body)) throw new HttpError(400, "The request body is not UTF-8.");
  return body.toString();
}

function expand(body: Buffer, encoding: string): Buffer {
  try {
    return decompress[encoding]?.(body, { maxOutputLength: maxBodyBytes }) ?? body;
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw isTooLarge ? new HttpError(413) : new HttpError(400, "The request body could not be decompressed.");
  }
}
