import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { demoToken } from "../src/auth/demo-token.ts";
import { create, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { signToken } from "./helpers/issuer.ts";
import { listen } from "./helpers/listen.ts";
import { startOtlpReceiver } from "./helpers/otlp-receiver.ts";
import { eventually, runProcess, startProcess } from "./helpers/process.ts";
import { createTestFolder } from "./helpers/test-folder.ts";
import { startUpstream } from "./helpers/upstream.ts";
import { key, respondWithKey, strangersKey, unauthenticated } from "./helpers/verifying-service.ts";

const token = { authorization: "Bearer t" };
const production = { NODE_ENV: "production" };

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

const complete = { ...production, REDIS_URL: "redis://127.0.0.1:9", METRICS_PORT: "0" };
const keys = { JWKS_URL: "file:///keys.json" };

test.each<[string, Record<string, string>, RegExp[]]>([
  ["in production without REDIS_URL and METRICS_PORT", production, [/REDIS_URL/, /METRICS_PORT/]],
  ["in production with both", complete, []],
  ["with JWKS_URL alone", keys, [/JWKS_URL.*JWT_ISSUER.*JWT_AUDIENCE/]],
  ["with JWKS_URL and an issuer", { ...keys, JWT_ISSUER: "https://a.example" }, [/JWKS_URL/]],
  [
    "with the playground for anyone, and a typo",
    { HOST: "0.0.0.0", MAX_INFLIGHT: "3" },
    [/playground/, /MAX_INFLIGHT/],
  ],
])("warns once for each problem of a start %s", async (_case, environment, warnings) => {
  const { lines } = await startProcess(environment);

  // Redis and the file of keys are missing, which have warnings of their own.
  const messages = lines().flatMap((line) => (line["log.level"] === "warn" ? line.message : []));
  expect(messages.filter((message) => !/could not be loaded|store unavailable/.test(message))).toEqual(
    warnings.map((pattern) => expect.stringMatching(pattern)),
  );
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
  // A source map that covered packages would take 90 MB as soon as the first stack is read.
  const { sources } = JSON.parse(readRepository("dist/server.cjs.map"));
  expect(sources.filter((source: string | null) => source?.includes("node_modules") === true)).toEqual([]);
});

test("does not start with invalid settings: exit 1, one message with every variable, no stack trace", async () => {
  const { exit, errors, output } = runProcess({ PORT: "many", LOG_LEVEL: "loud", REDIS_URL: "x", JWT_ISSUER: "a" });

  expect(await exit).toBe(1);
  expect(errors()).toMatch(/^.+:\n {2}PORT .+\n {2}REDIS_URL .+\n {2}LOG_LEVEL .+\n {2}JWT_ISSUER .+\n$/);
  expect(output()).toBe("");
});

test.each(["PORT", "METRICS_PORT"])("names the port of %s that is in use, and keeps its warnings", async (name) => {
  const { port } = await listen(createServer());

  const { exit, errors, lines } = runProcess({ ...production, METRICS_PORT: "0", [name]: String(port) });

  expect(await exit).toBe(1);
  expect(errors()).toBe(`The service cannot start: port ${port} is already in use.\n`);
  expect(lines()).toMatchObject([{ "log.level": "warn", message: expect.stringContaining("REDIS_URL") }]);
});

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

/** Runs the built service for one create request. @returns the modules of OpenTelemetry that it has executed. */
async function runOnce(environment: Record<string, string>): Promise<string[]> {
  const { url: CONTACTSWING_URL } = await startUpstream();
  const NODE_V8_COVERAGE = createTestFolder();
  const settings = { NODE_V8_COVERAGE, SHUTDOWN_DELAY_MS: "0", CONTACTSWING_URL };
  const { url, child, exit } = await startProcess({ ...settings, ...environment });
  expect((await create(url, minimalInput, token)).body.errors).toBeUndefined();
  child.kill("SIGTERM");
  expect(await exit).toBe(0);
  return readExecutedModules(NODE_V8_COVERAGE).filter((path) => path.includes("@opentelemetry/"));
}

/** esbuild wraps a module that may be loaded later in a function, and names the function by the module's path. */
function readExecutedModules(folder: string): string[] {
  const [file = ""] = readdirSync(folder);
  const { result } = JSON.parse(readFileSync(join(folder, file), "utf8")) as {
    result: { url: string; functions: { functionName: string; ranges: { count: number }[] }[] }[];
  };
  const bundle = result.find(({ url }) => url.endsWith("/dist/server.cjs"));
  const executed = bundle?.functions.filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0) ?? [];
  return executed.map(({ functionName }) => functionName);
}

test("executes nothing of the OpenTelemetry SDK unless traces are requested", async () => {
  const modules = await runOnce({ OTEL_SERVICE_NAME: "bff" });

  expect(modules.filter((path) => !path.includes("@opentelemetry/api/"))).toEqual([]);
});

test("executes the OpenTelemetry SDK when a receiver is configured, and exports the last spans before it exits", async () => {
  const receiver = await startOtlpReceiver();

  const modules = await runOnce({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });

  expect(modules).toContainEqual(expect.stringContaining("@opentelemetry/sdk-trace/"));
  expect(receiver.spans.map(({ name }) => name)).toContain("POST /graphql");
});

test("requests go through the proxy of NODE_USE_ENV_PROXY", async () => {
  const proxy = await startUpstream();
  const { url } = await startProcess({
    CONTACTSWING_URL: "http://contactswing.test",
    NODE_USE_ENV_PROXY: "1",
    HTTP_PROXY: proxy.url,
  });

  expect((await create(url, minimalInput, token)).body.errors).toBeUndefined();
  expect(proxy.received.map(({ path }) => path)).toEqual(["http://contactswing.test/v2/_actions"]);
});
