import { isUtf8 } from "node:buffer";
import type { FastifyError, FastifyInstance } from "fastify";

/**
 * Makes JSON the only body that is read. Bytes that are not UTF-8 (RFC 8259, section 8.1) and keys that would reach
 * an object's prototype are refused: decoding the first would change what the caller sent.
 */
export function readOnlyJsonBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser("error", "error");
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body: Buffer, done) => {
    const encoding = request.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") {
      done(Object.assign(new Error("encoded"), { statusCode: 415 }) as FastifyError);
    } else if (isUtf8(body)) void parseJson(request, body.toString(), done);
    else done(Object.assign(new Error("not UTF-8"), { statusCode: 400 }) as FastifyError);
  });
}
