import fc, { type Arbitrary } from "fast-check";
import { anyCount, patched } from "./generate-text.ts";
import type { ScalableText } from "./scalable-text.ts";

interface HeaderShape {
  readonly starts: readonly string[];
  readonly pieces: readonly string[];
}

const mediaTypes = ["application/json", "application/graphql-response+json", "text/html", "*/*", "a"];
// Regular expressions that are slow are so with white space, more often than not.
const separators = [" ", " ", " ", " ", "\t", ";", ",", "=", '"', "\\", "/", "-", ".", "a", "\x9b", "\xff"];

const shapes: Readonly<Record<string, HeaderShape>> = {
  "Content-Type": {
    starts: ["application/json", "application/json;", "application/json;a=", "text/plain", ""],
    pieces: [...separators, "a=b;", "charset=", "charset=utf-8;", ";charset"],
  },
  Accept: {
    starts: [...mediaTypes, "a/b;q=", ""],
    pieces: [...separators, "a/b,", ";q=0.1", "*/*,", "application/json,", "a%n/b,", "; q=", "*"],
  },
  "Accept-Encoding": { starts: ["gzip", ""], pieces: [...separators, "gzip,", "a;q=0.1,", "*,"] },
  Authorization: {
    starts: ["Bearer ", "Bearer eyJhbGciOiJub25lIn0.", "Basic ", ""],
    pieces: [...separators, "Bearer ", "a.", "eyJ"],
  },
  traceparent: {
    starts: ["00-0123456789abcdef0123456789abcdef-0123456789abcdef-01", ""],
    pieces: [...separators, "0", "00-"],
  },
  tracestate: { starts: ["a=b", ""], pieces: [...separators, "a=b,", "a%n=b,", "a@b=c,", " ,"] },
  baggage: { starts: ["a=b", ""], pieces: [...separators, "a=b,", "a%n=b;c=d,", "%25"] },
  "X-Request-Id": { starts: ["a", ""], pieces: separators },
  "apollographql-client-name": { starts: ["a", ""], pieces: [...separators, "Bearer ", "t"] },
  "apollographql-client-version": { starts: ["1", ""], pieces: separators },
  "x-apollo-operation-name": { starts: ["a"], pieces: separators },
  Origin: { starts: ["http://a", "null"], pieces: separators },
  Cookie: { starts: ["a=b"], pieces: [...separators, "a=b;"] },
  Expect: { starts: ["100-continue", "a"], pieces: separators },
  "Content-Encoding": { starts: ["gzip", "identity"], pieces: [...separators, "gzip,"] },
  Forwarded: { starts: ["for=a"], pieces: [...separators, "for=a,"] },
  "a%n": { starts: ["", "b"], pieces: separators },
};

/** Those that libraries parse are chosen more often. */
const parsedHeaders = ["Content-Type", "Accept", "tracestate"];

/** One header, perhaps many times. */
const line = fc.constantFrom(...Object.keys(shapes), ...parsedHeaders, ...parsedHeaders).chain((name) => {
  const { starts, pieces } = shapes[name] as HeaderShape;
  const once = patched(starts, pieces, ["", "x", ";"]).map((value): ScalableText => [`${name}: `, value, "\r\n"]);
  return fc.oneof(
    { weight: 5, arbitrary: once },
    { weight: 1, arbitrary: fc.record({ repeat: once, count: anyCount }) },
  );
});

export const headerLines: Arbitrary<readonly ScalableText[]> = fc.array(line, { minLength: 1, maxLength: 2 });
