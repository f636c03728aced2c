import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { replaceToken } from "../../src/auth/replace-token.ts";
import { isHtml, toPlainText } from "../../src/contactswing/plain-text.ts";
import { truncate } from "../../src/text/truncate.ts";

const secrets = { token: "canary-token.of~the+caller/==", host: "api.contactswing.zone" };
const plain = (text: string, host = secrets.host) => toPlainText(text, { ...secrets, host });

test.each([
  ["see (https://a.example/x?y), 'ftp://b' and x://y", "see ([link] '[link]' and [link]"],
  ["http://http://a https://", "[link][link] [link]"],
  ["API.ContactSwing.Zone:443 and api.contactswing.zone/v2/_actions end", "[host] and [host] end"],
  ["at api.contactswing.zone, (api.contactswing.zone)", "at [host], ([host])"],
  ["token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.c2ln ends", "token [token] ends"],
  ["Bearer: abc.def, bearer\tghi", "[token], [token]"],
  ["Bearer authXYZsecret123, bearer header.payload", "[token], [token]"],
  [`is ${secrets.token}!`, "is [token]!"],
  ["\u202eevil\u202c \u0007bell\u200b", "evil bell"],
  ["lone \ud800 half", "lone \ufffd half"],
  ["two\nlines\u0000 and\ttabs ", "two lines and tabs"],
])("replaces the secrets, the URLs, and the invisible characters of %j", (text, expected) => {
  expect(plain(text)).toBe(expected);
});

test.each([
  "customers.info is not a field; ask support@acme.com about version 1.2.3.4",
  "at db.internal:5432, 10.1.2.3, [::1]:80 and localhost",
  "xapi.contactswing.zoned, my-api.contactswing.zone and api.contactswing.zone-2",
  "body.webhook.sync_field: value is not a valid enumeration member; permitted: 'yes/no'",
  "a bearer token and Bearer authentication",
  "expected <class 'str'> or List<int>, a < b",
  "Größe 🙂 größer als 5, at least 3 (or 4) of them",
  "call at noon (12:30), at night (23:59:59), or at weekends (from 10:00)",
])("leaves %j unchanged", (text) => {
  expect(plain(text)).toBe(text);
});

test("replaces a configured host of one label only as a whole word", () => {
  expect(plain("contactswing:8080 and ContactSwing, not contactswings or my-contactswing", "contactswing")).toBe(
    "[host] and [host], not contactswings or my-contactswing",
  );
});

test.each([
  'Traceback (most recent call last):\n  File "/app/main.py", line 1',
  'Error in File "/app/main.py", line 12, in create',
  "Error: no\n    at createAction (/app/index.js:10:15)",
  "Error: no\n    at x (/app/index.mp3:10:15)",
  "Error: no\n    at eval (<anonymous>:10:15)",
  "Error: no\n    at file:///app/index.js:10:15",
  "Error: no\n    at C:\\app\\index.js:10:15",
  "Error: no\n    at /app/index.js:10",
  "java.lang.NullPointerException at com.acme.Api.post(Api.java:42)",
  "panic: goroutine 17 [running]:",
  "<h1>Bad Request</h1>",
  "so <b>bad</b>",
  "oops <script src=x>",
  " \n<!-- page -->",
  " \u0000\u200b\u2066 ",
])("passes on nothing of %j", (text) => {
  expect(plain(text)).toBeUndefined();
});

test("replaces a token of fewer than eight characters only as a whole word", () => {
  expect(replaceToken("abc is abc, abcd is not; x.abc neither", "abc")).toBe(
    "[token] is [token], abcd is not; x.abc neither",
  );
  expect(replaceToken("a+b(c) a+b", "a+b")).toBe("[token](c) [token]");
  expect(replaceToken("xabcdefghx", "abcdefgh")).toBe("x[token]x");
  expect(replaceToken("xabcdefgx", "abcdefg")).toBe("xabcdefgx");
});

test.each([
  ["a".repeat(500), "a".repeat(500)],
  ["🙂".repeat(500), "🙂".repeat(500)],
  ["🙂".repeat(501), `${"🙂".repeat(499)}…`],
  [`a${"🙂".repeat(500)}`, `a${"🙂".repeat(498)}…`],
])("truncates %j to 500 characters", (text, short) => {
  expect(truncate(text)).toBe(short);
});

test.each([
  ["text/html", "{}", true],
  [" TEXT/HTML; charset=utf-8", "", true],
  ["application/xhtml+xml", "", true],
  ["text/htmlx", "", false],
  ["application/json; of=text/html", "{}", false],
  ["application/json", " \n<!DOCTYPE html>", true],
  ["", "<html>", true],
  ["", "a <html>", false],
  ["", "< html", false],
])("a response of type %j that begins with %j is a page: %j", (contentType, body, isPage) => {
  expect(isHtml({ contentType, body })).toBe(isPage);
});

test("never passes on the token, a URL, or the configured host, and at most 500 characters", () => {
  const separator = fc.constantFrom("", " ", "\n", "\0", "'", "/", ":", "@", "=", "(", "://", "\u200b", "🙂");
  const secret = fc.constantFrom(
    secrets.token,
    secrets.host,
    secrets.host.toUpperCase(),
    `https://${secrets.host}/v2/_actions`,
    "http://10.0.0.1:80",
    `Bearer ${secrets.token}`,
  );
  const words = fc.array(fc.tuple(separator, secret, separator, fc.oneof(fc.string(), fc.lorem())), { maxLength: 20 });

  let shown = 0;
  fc.assert(
    fc.property(words, (parts) => {
      const text = plain(parts.flat().join("")) ?? "";
      if (text !== "") shown += 1;
      expect(text).not.toContain(secrets.token);
      expect(text).not.toMatch(/(?<![\w.-])api\.contactswing\.zone(?![\w-])/i);
      expect(text).not.toContain("://");
      expect(Array.from(text).length).toBeLessThanOrEqual(500);
      expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
      expect(text.isWellFormed()).toBe(true);
    }),
    { numRuns: 500 },
  );
  expect(shown).toBeGreaterThan(250);
});

test.each([
  "a",
  "a.",
  ":",
  "a+b.c",
  "a://",
  "eyJ-",
  "bearer ",
  "\n  at x(",
  " at a(b:1",
  'File "',
  "</a ",
  " ",
  "/.",
  "api.contactswing.zone/",
])("takes time in proportion to the length of a text of %j", (part) => {
  const text = part.repeat(262_144 / part.length);
  const startedAt = process.cpuUsage().user;

  for (const variant of [text, `bearer${text}`, `x ${text}!`]) plain(variant);

  // A quadratic pattern takes much longer.
  expect((process.cpuUsage().user - startedAt) / 1e6).toBeLessThan(5);
});
