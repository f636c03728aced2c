import { describe, expect, test } from "@jest/globals";
import { scrape } from "./helpers/metrics.ts";
import { startService } from "./helpers/service.ts";

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

const get = (url: string, headers: Record<string, string> = {}) => fetch(url, { headers, redirect: "manual" });
const open = (url: string) => get(url, { accept: browser });

describe("a browser that opens /graphql", () => {
  test("gets a page that loads nothing from other origins, and leaves no line of a GraphQL request in the log", async () => {
    const { url, logLines } = await startService({});

    const response = await open(`${url}/graphql`);
    const page = await response.text();

    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-cache",
      vary: "accept",
    });
    const policy = response.headers.get("content-security-policy")?.split("; ");
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "script-src 'self'", "base-uri 'none'", "frame-ancestors 'none'"]),
    );
    const sources = policy?.flatMap((directive) => directive.split(" ").slice(1));
    expect(new Set(sources)).toEqual(new Set(["'none'", "'self'", "'unsafe-inline'", "data:"]));
    expect(page).not.toMatch(/<script(?![^>]*src="graphql\/)/);
    expect(page.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:/);
    expect(logLines.join("")).not.toContain("graphql request");
    expect((await scrape(url)).value("contactswing_bff_requests_total")).toBe(0);
  });

  test.each([
    ["in production", { NODE_ENV: "production" }, {}, "The playground is off."],
    ["where the playground is off", { PLAYGROUND: "false" }, {}, "The playground is off."],
    [
      "without a build of it",
      {},
      { playgroundDirectory: new URL("file:///nowhere/") },
      "The playground is not part of this build.",
    ],
  ])("is told %s that there is none", async (_case, environment, options, notice) => {
    const { url, logLines } = await startService(environment, options);

    const response = await open(`${url}/graphql`);
    const page = await response.text();

    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(page).toContain(notice);
    expect(page).not.toContain("<script");
    expect(logLines.join("")).toContain("NOT_FOUND");
    expect((await get(`${url}/graphql/playground/playground.js`)).status).toBe(404);
  });
});

test.each([
  ["", "*/*"],
  ["", "application/json, text/html;q=0.9"],
  ["?query={__typename}", browser],
  ['?extensions={"persistedQuery":{}}', browser],
])("GET /graphql%s with Accept: %s is not a browser that opens the page", async (search, accept) => {
  const { url } = await startService({});

  const { headers } = await get(`${url}/graphql${encodeURI(search)}`, { accept });

  expect(headers.get("content-type")).toMatch(/^application\/json/);
});

describe("the playground's files", () => {
  test("are compressed, and have an ETag", async () => {
    const { url } = await startService({});
    const script = `${url}/graphql/playground/playground.js`;

    const plain = await get(script, { "accept-encoding": "identity" });
    const compressed = await get(script, { "accept-encoding": "gzip, deflate, br" });

    expect(Object.fromEntries(compressed.headers)).toMatchObject({
      "content-type": expect.stringContaining("javascript"),
      "content-encoding": "br",
      "cache-control": "no-cache",
      etag: expect.any(String),
      "x-content-type-options": "nosniff",
    });
    expect(await compressed.text()).toBe(await plain.text());
  });

  test("describe the schema without federation's own types", async () => {
    const { url } = await startService({});

    const schema = await (await get(`${url}/graphql/playground/schema.json`)).text();

    expect(schema).toContain('"CreateDataExtractionActionPayload"');
    expect(schema).not.toMatch(/"(?:_Any|_Entity|_Service|_entities|_service|link__Import|key)"/);
  });

  test("explain the errors and the sandbox, and have the licences of what is in them", async () => {
    const { url } = await startService({});
    const read = async (name: string) => (await get(`${url}/graphql/playground/${name}`)).text();

    expect(await read("errors.html")).toContain("<code>BAD_USER_INPUT</code>");
    expect(await read("sandbox.html")).toContain('<a href="errors.html">');
    expect(await read("licenses.txt")).toMatch(/^graphiql \d+\.\d+\.\d+ \(MIT\)$/m);
  });
});
