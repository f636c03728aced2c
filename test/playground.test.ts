import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import { demo } from "../src/sandbox/demo.ts";
import { startService } from "./helpers/service.ts";

const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

/** What fetch never does: leave a body as it came over the wire. */
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

const open = async (url: string, headers: Record<string, string> = {}) => {
  const page = await get(`${url}/graphql`, { accept: browser, ...headers });
  return { ...page, text: page.body.toString() };
};

const assetsOf = (page: string) => [...page.matchAll(/(?:href|src)="(graphql\/ide\/[^"]+)"/g)].map(([, path]) => path);
const settingsOf = (page: string) => JSON.parse(/id="settings">(.*?)<\/script>/.exec(page)?.[1] ?? "");

describe("a browser that opens /graphql", () => {
  test("gets the page under a policy that lets nothing in from elsewhere", async () => {
    const { url } = await startService({});

    const { status, headers, text } = await open(url);

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
    const policy = Object.fromEntries(
      headers["content-security-policy"]?.split("; ").map((directive) => directive.split(/ (.*)/)) ?? [],
    );
    expect(policy).toEqual({
      "default-src": "'none'",
      "script-src": "'self'",
      "worker-src": "'self'",
      "style-src": "'self' 'unsafe-inline'",
      "font-src": "'self'",
      "img-src": "'self' data:",
      "connect-src": "'self'",
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": "'none'",
    });
    expect(text.match(/<script(?![^>]*(?:src=|type="application\/json"))/g)).toBeNull();
    expect(text.replaceAll("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:/);
  });

  test("gets nothing but a short answer when it knows the page", async () => {
    const { url } = await startService({});
    const { headers } = await open(url);

    const again = await open(url, { "if-none-match": `W/"other", ${headers.etag}` });
    const changed = await open(url, { "if-none-match": '"other"' });

    expect(again.status).toBe(304);
    expect(again.text).toBe("");
    expect(again.headers.etag).toBe(headers.etag);
    expect(changed.status).toBe(200);
  });

  test("gets the demo token only from a service in front of the sandbox", async () => {
    const sandboxed = await startService({}, { demo });
    const real = await startService({});

    const settings = settingsOf((await open(sandboxed.url)).text);
    const page = (await open(real.url)).text;

    expect(settings.demo).toEqual({ ...demo, magicNames: [...demo.magicNames] });
    expect(settingsOf(page)).toEqual({ schemaUrl: settings.schemaUrl });
    expect(page).not.toContain(demo.token);
  });

  test("cannot break out of the page's settings", async () => {
    const { url } = await startService({}, { demo: { ...demo, token: "</script><script>alert(1)</script>" } });

    const { text } = await open(url);

    expect(text).not.toContain("alert(1)</script>");
    expect(settingsOf(text).demo.token).toBe("</script><script>alert(1)</script>");
  });

  test("leaves no line of a GraphQL request in the log", async () => {
    const { url, logLines } = await startService({});

    const { status } = await open(url);
    await get(`${url}/graphql?query={__typename}`, { authorization: "Bearer t" });

    expect(status).toBe(200);
    // The query's own.
    expect(logLines.filter((line) => line.includes("graphql request"))).toHaveLength(1);
  });

  test.each([
    ["production", { NODE_ENV: "production" }],
    ["a service whose playground is off", { PLAYGROUND: "false" }],
  ])("is told by %s that there is none, without scripts", async (_case, environment) => {
    const { url, logLines } = await startService(environment);

    const { status, headers, text } = await open(url);

    expect(status).toBe(404);
    expect(headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
    });
    expect(text).toContain("The playground is off.");
    expect(text).not.toContain("<script");
    expect(logLines.join("")).toContain('"error.code":["NOT_FOUND"]');
  });

  test("finds none of the playground's files when it is off", async () => {
    const on = await startService({});
    const off = await startService({ PLAYGROUND: "false" });
    const [file] = assetsOf((await open(on.url)).text);

    expect((await get(`${on.url}/${file}`)).status).toBe(200);
    expect((await get(`${off.url}/${file}`)).status).toBe(404);
  });

  test("is told so when the playground is not part of the build", async () => {
    const { url } = await startService({}, { ideDirectory: new URL("file:///nowhere/") });

    const { status, text } = await open(url);

    expect(status).toBe(404);
    expect(text).toContain("The playground is not part of this build.");
    expect((await get(`${url}/graphql/ide/playground.js`)).status).toBe(404);
  });
});

describe("a client that is no browser", () => {
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

    const { headers } = await get(`${url}/graphql?${encodeURI(search)}`, { accept: browser });

    expect(headers["content-type"]).toMatch(/^application\/json/);
  });
});

describe("the playground's files", () => {
  test("are named by their content, kept for a year, compressed, and run nothing by themselves", async () => {
    const { url } = await startService({});
    const page = (await open(url)).text;
    const paths = [...assetsOf(page), settingsOf(page).schemaUrl];
    expect(paths).toHaveLength(4);

    for (const path of paths) {
      expect(path).toMatch(/-[0-9A-Za-z]{8}\.(js|css|txt|json)$/);
      const plain = await get(`${url}/${path}`);
      const brotli = await get(`${url}/${path}`, { "accept-encoding": "gzip, deflate, br" });
      const gzip = await get(`${url}/${path}`, { "accept-encoding": "gzip, deflate" });

      expect(plain.headers["content-encoding"]).toBeUndefined();
      expect(brotli.headers["content-encoding"]).toBe("br");
      expect(gzip.headers["content-encoding"]).toBe("gzip");
      expect(brotliDecompressSync(brotli.body).equals(plain.body)).toBe(true);
      expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
      expect(brotli.headers).toMatchObject({
        "cache-control": "public, max-age=31536000, immutable",
        "content-security-policy": expect.stringContaining("default-src 'none'"),
        "x-content-type-options": "nosniff",
        vary: "accept-encoding",
      });
    }
  });

  test("hold the schema with its descriptions as introspection answers it", async () => {
    const { url } = await startService({});
    const { schemaUrl } = settingsOf((await open(url)).text);

    const { data } = JSON.parse((await get(`${url}/${schemaUrl}`)).body.toString());

    const type = data.__schema.types.find(({ name }: { name: string }) => name === "CreateDataExtractionActionPayload");
    expect(type.description).toBe("What `createDataExtractionAction` answers.");
  });

  test("hold the licences of what is in them", async () => {
    const { url } = await startService({});
    const licences = assetsOf((await open(url)).text).find((path) => path?.includes("licenses"));

    const text = (await get(`${url}/${licences}`)).body.toString();

    for (const name of ["graphiql", "monaco-editor", "react-dom", "graphql"]) {
      expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(MIT\\)$`, "m"));
    }
  });

  test.each(["..%2f..%2fpackage.json", "manifest.json", "toString", "%2e%2e", "playground.js", "a%00b"])(
    "are all that can be read: not %s",
    async (name) => {
      const { url } = await startService({});

      expect((await get(`${url}/graphql/ide/${name}`)).status).toBe(404);
    },
  );
});
