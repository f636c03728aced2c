import { brotliDecompressSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { demo } from "../src/sandbox/demo.ts";
import { startService } from "./helpers/service.ts";

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

/** What fetch never does: leave a body as it was sent. */
async function get(url: string, headers: Record<string, string> = {}) {
  const { get: request } = await import("node:http");
  return new Promise<{ status: number; headers: Record<string, string | undefined>; body: Buffer }>(
    (resolve, reject) => {
      request(url, { headers, agent: false }, async (response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response) chunks.push(chunk as Buffer);
        const { statusCode: status = 0, headers: received } = response;
        resolve({ status, headers: received as Record<string, string>, body: Buffer.concat(chunks) });
      }).once("error", reject);
    },
  );
}

const open = (url: string) => get(url, { accept: browser });
// biome-ignore lint/suspicious/noExplicitAny: tests read any field
const readJson = async (url: string): Promise<any> => (await fetch(url)).json();

beforeAll(async () => {
  const script = new URL("../scripts/build-playground.mjs", import.meta.url);
  await ((await import(script.href)) as { buildPlayground(): Promise<void> }).buildPlayground();
}, 60_000);

describe("a browser that opens /graphql", () => {
  test("gets a page that loads nothing from other origins, and leaves no line of a GraphQL request in the log", async () => {
    const { url, logLines } = await startService({});

    const { status, headers, body } = await open(`${url}/graphql`);

    expect(status).toBe(200);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "cache-control": "no-cache",
      vary: "accept",
    });
    expect(headers["content-security-policy"]?.split("; ")).toEqual([
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
    ]);
    expect(body.toString()).not.toMatch(/<script(?![^>]*src="graphql\/)/);
    expect(body.toString().replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:/);
    expect(logLines.join("")).not.toContain("graphql request");
  });

  test("gets the demo token only from a service in front of the sandbox", async () => {
    const sandboxed = await startService({}, { demo });
    const real = await startService({});

    expect(await readJson(`${sandboxed.url}/graphql/playground/settings.json`)).toEqual({ demo });
    expect(await readJson(`${real.url}/graphql/playground/settings.json`)).toEqual({});
  });

  test.each([
    ["in production", { NODE_ENV: "production" }],
    ["where the playground is off", { PLAYGROUND: "false" }],
  ])("is told %s that there is none", async (_case, environment) => {
    const { url, logLines } = await startService(environment);

    const { status, headers, body } = await open(`${url}/graphql`);

    expect(status).toBe(404);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(body.toString()).toContain("The playground is off.");
    expect(body.toString()).not.toContain("<script");
    expect(logLines.join("")).toContain("NOT_FOUND");
    expect((await get(`${url}/graphql/playground/playground.js`)).status).toBe(404);
  });

  test("is told that the playground is not part of the build", async () => {
    const { url } = await startService({}, { playgroundDirectory: new URL("file:///nowhere/") });

    const { status, body } = await open(`${url}/graphql`);

    expect(status).toBe(404);
    expect(body.toString()).toContain("The playground is not part of this build.");
  });
});

test("a browser that opens / is sent to /graphql, and another client is not", async () => {
  const { url } = await startService({});

  const page = await open(url);
  const other = await get(url, { accept: "application/json" });

  expect(page).toMatchObject({ status: 302, headers: { location: "graphql" } });
  expect(other.status).toBe(404);
});

describe("a client that is not a browser", () => {
  test.each([undefined, "*/*", "application/json", "application/json, text/html;q=0.9"])(
    "gets no page when it accepts %s",
    async (accept) => {
      const { url } = await startService({});

      const { headers } = await get(`${url}/graphql`, accept === undefined ? {} : { accept });

      expect(headers["content-type"]).toMatch(/^application\/json/);
    },
  );

  test.each(["query={__typename}", 'extensions={"persistedQuery":{}}'])("gets no page for %s", async (search) => {
    const { url } = await startService({});

    const { headers } = await open(`${url}/graphql?${encodeURI(search)}`);

    expect(headers["content-type"]).toMatch(/^application\/json/);
  });
});

describe("the playground's files", () => {
  test("are compressed, and are sent again only if they have changed", async () => {
    const { url } = await startService({});
    const script = `${url}/graphql/playground/playground.js`;

    const plain = await get(script);
    const compressed = await get(script, { "accept-encoding": "gzip, deflate, br" });
    const again = await get(script, { "if-none-match": plain.headers.etag ?? "" });

    expect(brotliDecompressSync(compressed.body).equals(plain.body)).toBe(true);
    expect(compressed.headers).toMatchObject({
      "content-type": expect.stringContaining("javascript"),
      "content-encoding": "br",
      "cache-control": "no-cache",
      "x-content-type-options": "nosniff",
    });
    expect(again.status).toBe(304);
  });

  test("describe the schema without federation's own types", async () => {
    const { url } = await startService({});

    const { data } = await readJson(`${url}/graphql/playground/schema.json`);

    const names: string[] = data.__schema.types.map(({ name }: { name: string }) => name);
    const query = data.__schema.types.find(({ name }: { name: string }) => name === "Query");
    expect(names).toContain("CreateDataExtractionActionPayload");
    expect(names.filter((name) => /^_(?!_)|\w__/.test(name))).toEqual([]);
    expect(query.fields.map(({ name }: { name: string }) => name)).not.toContain("_entities");
    expect(data.__schema.directives.map(({ name }: { name: string }) => name)).not.toContain("key");
  });

  test("explain the errors and the sandbox, and have the licences of what is in them", async () => {
    const { url } = await startService({});
    const read = async (name: string) => (await get(`${url}/graphql/playground/${name}`)).body.toString();

    expect(await read("errors.html")).toContain("<code>BAD_USER_INPUT</code>");
    expect(await read("sandbox.html")).toContain('<a href="errors.html">');
    for (const name of ["graphiql", "monaco-editor", "react-dom", "graphql"]) {
      expect(await read("licenses.txt")).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(MIT\\)$`, "m"));
    }
  });

  test.each(["..%2f..%2fpackage.json", "%2e%2e", "none.js"])("do not include %s", async (name) => {
    const { url } = await startService({});

    expect((await get(`${url}/graphql/playground/${name}`)).status).toBe(404);
  });
});
