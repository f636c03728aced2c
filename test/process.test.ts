import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { demoToken } from "../src/sandbox/demo-token.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import { create, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { signToken } from "./helpers/issuer.ts";
import { eventually, runProcess, startProcess } from "./helpers/process.ts";
import { startUpstream } from "./helpers/upstream.ts";
import { key, respondWithKey, strangersKey, unauthenticated } from "./helpers/verifying-service.ts";

const token = { authorization: "Bearer t" };
const production = { NODE_ENV: "production" };

async function occupyPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestEnd(async () => server.close());
  return (server.address() as { port: number }).port;
}

const readRepository = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");

test("starts from dist although ContactSwing and Redis are down, with the schema of the repository and no demo token", async () => {
  const { url, lines, output } = await startProcess({
    ...production,
    CONTACTSWING_URL: "http://127.0.0.1:9",
    MAX_IN_FLIGHT: "8",
    PLAYGROUND: "true",
    REDIS_URL: "redis://user:secret-password@127.0.0.1:9",
  });

  const ready = await fetch(`${url}/health/ready`);
  const sdl = await send(url, { query: "{ _service { sdl } }" }, {});
  const created = await create(url, minimalInput, { authorization: `Bearer ${demoToken}` });
  const page = await fetch(`${url}/graphql`, { headers: { accept: "text/html" } });

  expect(ready.status).toBe(200);
  expect(sdl.body.data._service.sdl).toBe(readRepository("schema.graphql"));
  expect(onlyError(created).extensions.code).toBe("UNAUTHENTICATED");
  expect(page.status).toBe(200);
  expect(await page.text()).not.toContain(demoToken);
  expect(lines().filter(({ message }) => message === "listening")).toEqual([
    expect.objectContaining({
      "log.level": "info",
      "service.name": "contactswing-bff",
      "service.version": JSON.parse(readRepository("package.json")).version,
      "service.address": url,
      "settings.contactSwingUrl": "http://127.0.0.1:9",
      "settings.maxInFlight": 8,
      "settings.maxInFlightPerCaller": 4,
      "settings.redis": true,
    }),
  ]);
  expect(output()).not.toContain("secret-password");
});

const withRedis = { ...production, REDIS_URL: "redis://127.0.0.1:9" };
const keys = { JWKS_URL: "file:///keys.json" };

test.each<[string, Record<string, string>, RegExp[]]>([
  ["in production without REDIS_URL", production, [/REDIS_URL/]],
  ["in production with REDIS_URL", withRedis, []],
  ["with JWKS_URL alone", keys, [/JWKS_URL.*JWT_ISSUER.*JWT_AUDIENCE/]],
  ["with JWKS_URL and an issuer", { ...keys, JWT_ISSUER: "https://a.example" }, [/JWKS_URL/]],
  [
    "with the playground on every interface and a mistaken variable",
    { HOST: "0.0.0.0", MAX_INFLIGHT: "3" },
    [/playground/, /MAX_INFLIGHT/],
  ],
])("warns once for each problem of a start %s", async (_case, environment, warnings) => {
  const { lines } = await startProcess(environment);

  // Redis and the file of keys are missing, which have warnings of their own.
  const warned = lines().filter(
    (line) => line["log.level"] === "warn" && !/could not be loaded|store unavailable/.test(line.message),
  );
  expect(warned.map(({ message }) => message)).toEqual(warnings.map((pattern) => expect.stringMatching(pattern)));
});

test("logs a bug with lines of src/*.ts, although the built service is one file", async () => {
  const preload = `data:text/javascript,${encodeURIComponent(`
    const stringify = JSON.stringify;
    JSON.stringify = (value, ...rest) => {
      if (value?.name === "breaks" && "action_timing" in value) throw new TypeError("broken on purpose");
      return stringify(value, ...rest);
    };`)}`;
  const { url, lines } = await startProcess({ NODE_OPTIONS: `--import=${preload}` });

  const response = await create(url, { ...minimalInput, name: "breaks" }, token);

  expect(onlyError(response).extensions).toMatchObject({ code: "INTERNAL_SERVER_ERROR", outcome: "UNKNOWN" });
  const line = await eventually(() => lines().find(({ message }) => message === "internal error"));
  expect(line).toMatchObject({ "error.type": "TypeError", "error.message": "broken on purpose" });
  expect(line["error.stack_trace"]).toMatch(/src\/\S+\.ts:\d+:\d+/);
});

test("does not start with invalid settings: exit 1, one message with every variable, no stack trace", async () => {
  const { exit, errors, output } = runProcess({ PORT: "many", LOG_LEVEL: "loud", REDIS_URL: "x", JWT_ISSUER: "a" });

  expect(await exit).toBe(1);
  expect(errors()).toMatch(/^.+:\n {2}PORT .+\n {2}REDIS_URL .+\n {2}LOG_LEVEL .+\n {2}JWT_ISSUER .+\n$/);
  expect(output()).toBe("");
});

test.each(["PORT", "METRICS_PORT"])(
  "names the %s that is in use, exits with 1, and keeps its warnings",
  async (name) => {
    const port = await occupyPort();

    const { exit, errors, lines } = runProcess({ ...production, [name]: String(port) });

    expect(await exit).toBe(1);
    expect(errors()).toBe(`The service cannot start: port ${port} is already in use.\n`);
    expect(lines()).toMatchObject([{ "log.level": "warn", message: expect.stringContaining("REDIS_URL") }]);
  },
);

test("verifies tokens in the built service", async () => {
  const keyServer = await startUpstream(respondWithKey);
  const upstream = await startUpstream();
  const { url } = await startProcess({ CONTACTSWING_URL: upstream.url, JWKS_URL: keyServer.url });
  const createWith = (token: string) => create(url, minimalInput, { authorization: `Bearer ${token}` });

  const accepted = await createWith(await signToken(key));
  const rejected = await createWith(await signToken(strangersKey));

  expect(accepted.body.errors).toBeUndefined();
  expect(onlyError(rejected).extensions).toMatchObject(unauthenticated);
});
