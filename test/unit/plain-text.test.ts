import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { isMarkup, shorten, toPlainText, withoutToken } from "../../src/contactswing/plain-text.ts";

const secrets = { token: "canary-token.of~the+caller/==", host: "api.contactswing.zone" };
const plain = (text: string, host = secrets.host) => toPlainText(text, { ...secrets, host });

test.each([
  ["at db.internal:5432, 10.1.2.3, [::1]:80 and ::1", "at [host], [host], [host] and [host]"],
  ["at 2001:db8::7, localhost:80 and LOCALHOST", "at [host], [host] and [host]"],
  ["from example.com/path?x=1 and cdn.example.co.uk.", "from [host] and [host]"],
  ["from my_host.example.com, ü.example.org", "from [host], [host]"],
  ["redis.cache:6379 is down", "[host] is down"],
  ["server db01:5432 down, step:12", "server [host] down, step:12"],
  ["API.ContactSwing.Zone:443 and xapi.contactswing.zoned", "[host] and x[host]d"],
  ["mail bob@example.com", "mail bob@[host]"],
  ["(https://a.example/x?y)<b>HTTP://b</b>", undefined],
  ["see (https://a.example/x?y), 'ftp://b' and x://y", "see ([link] '[link]' and [link]"],
  ["http://http://a https://", "[link][link] [link]"],
  ["a.0/10.0.0.1 and localhost/x/y", "a.0/[host] and [host]"],
  ["v10.0.0.1 and a.b.10.0.0.1.c", "[host] and [host]"],
  ["[2001:db8::7] is down, ::1. and fe80::: are too, :: is", "[host] is down, [host] and [host] are too, [host] is"],
  ["192.168.100.200 or a.b.c.com or shop.acme.ro", "[host] or [host] or [host]"],
  ["db.svc, nas.lan, a.home.arpa and b.corp", "[host], [host], [host] and [host]"],
  ["token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.c2ln ends", "token [token] ends"],
  ["Bearer: abc.def, bearer\tghi", "[token], [token]"],
  ["a bearer token and Bearer authentication", "a bearer token and Bearer authentication"],
  [`is ${secrets.token}!`, "is [token]!"],
])("takes hosts, links and tokens out of %j", (text, expected) => {
  expect(plain(text)).toBe(expected);
});

test.each([
  "body.webhook.sync_field: value is not a valid enumeration member; permitted: 'yes/no'",
  "data.action.id is not in company.name, e.g. at 12:30:45 or 1.2.3",
  "data.step.in, data.step.is, data.step.no, data.step.to",
  "acme.ro, version 1.2.34, x.y.z and [dead] at [12:30]",
  "expected <class 'str'> or List<int>, a < b",
  "std::vector is std::string",
  "Größe 🙂 größer als 5",
  "at least 3 (or 4) of them",
])("leaves %j as it is", (text) => {
  expect(plain(text)).toBe(text);
});

test.each([
  'Traceback (most recent call last):\n  File "/app/main.py", line 1',
  'Error in File "/app/main.py", line 12, in create',
  "Error: no\n    at createAction (/app/index.js:10:15)",
  "Error: no at Object.<anonymous> (file:///app/index.js:10:15)",
  "Error: no\n    at file:///app/index.js:10:15",
  "Error: no\n    at C:\\app\\index.js:10:15",
  "Error: no\n    at /app/index.js:10",
  "java.lang.NullPointerException at com.acme.Api.post(Api.java:42)",
  "panic: goroutine 17 [running]:",
  "<h1>Bad Request</h1>",
  "so <b>bad</b>",
  "so strong</strong>",
  "so <h2 class=x",
  "oops <script src=x>",
  " \n<!-- page -->",
  " \u0000\u200b\u2066 ",
])("gives nothing of %j", (text) => {
  expect(plain(text)).toBeUndefined();
});

test.each([
  ["\u202eevil\u202c \u0007bell\u200b", "evil bell"],
  ["lone \ud800 half", "lone \ufffd half"],
])("makes %j fit for one line", (text, expected) => {
  expect(plain(text)).toBe(expected);
});

test("replaces a configured host of one label only where it stands alone", () => {
  expect(plain("contactswing:8080 and ContactSwing, not contactswings or my-contactswing", "contactswing")).toBe(
    "[host] and [host], not contactswings or my-contactswing",
  );
});

test("takes a short token out where it stands alone", () => {
  expect(withoutToken("abc is abc, abcd is not; x.abc neither", "abc")).toBe(
    "[token] is [token], abcd is not; x.abc neither",
  );
  expect(withoutToken("a+b(c) a+b", "a+b")).toBe("[token](c) [token]");
});

test("takes a token of eight characters out wherever it stands", () => {
  expect(withoutToken("xabcdefghx", "abcdefgh")).toBe("x[token]x");
  expect(withoutToken("xabcdefgx", "abcdefg")).toBe("xabcdefgx");
});

test.each([
  ["a".repeat(500), "a".repeat(500)],
  ["a".repeat(501), `${"a".repeat(499)}…`],
  ["🙂".repeat(500), "🙂".repeat(500)],
  ["🙂".repeat(501), `${"🙂".repeat(499)}…`],
  ["🙂".repeat(2000), `${"🙂".repeat(499)}…`],
  [`a${"🙂".repeat(500)}`, `a${"🙂".repeat(498)}…`],
])("makes of %j at most 500 characters", (text, short) => {
  expect(shorten(text)).toBe(short);
});

test.each([
  ["text/html", "{}", true],
  [" TEXT/HTML; charset=utf-8", "", true],
  ["application/xhtml+xml", "", true],
  ["text/htmlx", "", false],
  ["application/json; of=text/html", "{}", false],
  ["application/json", " \n<!DOCTYPE html>", true],
  ["", "<html>", true],
  ["", "<?xml", true],
  ["", "a <html>", false],
  ["", "< html", false],
])("says whether an answer of the type %j with %j is a page", (contentType, body, isPage) => {
  expect(isMarkup(contentType, body)).toBe(isPage);
});

test("never lets the token, a URL or the configured host through, in at most 500 characters", () => {
  const separator = fc.constantFrom(
    "",
    " ",
    "\n",
    "\u0000",
    "'",
    "/",
    ":",
    ".",
    "@",
    "=",
    "(",
    "://",
    "\u200b",
    "🙂",
    "x",
  );
  const secret = fc.constantFrom(
    secrets.token,
    secrets.host,
    secrets.host.toUpperCase(),
    `https://${secrets.host}/v2/_actions`,
    "http://10.0.0.1:80",
    "10.0.0.1",
    "db.internal:5432",
    `Bearer ${secrets.token}`,
  );
  const words = fc.array(fc.tuple(separator, fc.oneof(secret, fc.string(), fc.lorem())), { maxLength: 40 });

  let shown = 0;
  fc.assert(
    fc.property(words, (parts) => {
      const text = plain(parts.flat().join("")) ?? "";
      if (text !== "") shown += 1;
      expect(text).not.toContain(secrets.token);
      expect(text.toLowerCase()).not.toContain(secrets.host);
      expect(text).not.toMatch(/https?:\/\/|(?<![\d.])10\.0\.0\.1(?![\d.])|db\.internal/i);
      expect(Array.from(text).length).toBeLessThanOrEqual(500);
      expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
      expect(text.isWellFormed()).toBe(true);
    }),
    { numRuns: 500 },
  );
  expect(shown).toBeGreaterThan(250);
});
