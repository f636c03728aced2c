import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { demoToken } from "../src/sandbox/demo-token.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import { create, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { eventually, isRefused, runProcess, startProcess } from "./helpers/process.ts";
import { createdAnswer, startUpstream } from "./helpers/upstream.ts";

test("starts from dist, creates an action and leaves JSON lines on standard output", async () => {
  const upstream = await startUpstream();
  const { url, output } = await startProcess({ CONTACTSWING_URL: upstream.url });

  const answer = await create(url, minimalInput, { authorization: "Bearer t", "x-request-id": "line-1" });

  expect(answer.body.data.createDataExtractionAction.action.id).toBe("act-1");
  await eventually(() => output().includes("line-1") || undefined);
  const lines = output()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.filter((line) => line["http.request.id"] === "line-1")).toHaveLength(1);
});

test("names the module and the line of a bug, though the built service is one file", async () => {
  const upstream = await startUpstream();
  const preload = new URL("helpers/break-create.mjs", import.meta.url).pathname;
  const environment = { CONTACTSWING_URL: upstream.url, NODE_OPTIONS: `--import=${preload}` };
  const { url, output } = await startProcess(environment);

  const answer = await create(url, { ...minimalInput, name: "breaks" }, { authorization: "Bearer t" });

  expect(onlyError(answer).extensions.code).toBe("INTERNAL_SERVER_ERROR");
  const line = await eventually(() => /^.*"internal error".*$/m.exec(output())?.[0]);
  expect(JSON.parse(line)).toMatchObject({
    "error.type": "TypeError",
    "error.origin": expect.stringMatching(/^contactswing\/client\.js:\d+$/),
  });
  expect(output()).not.toContain("canary");
  expect(upstream.received).toEqual([]);
});

test("is built with the schema of the repository: no name of it has got lost on the way into one file", async () => {
  const { url } = await startProcess({});

  const answer = await send(url, { query: "{ _service { sdl } }" }, {});

  expect(answer.body.data._service.sdl).toBe(readFileSync(new URL("../schema.graphql", import.meta.url), "utf8"));
});

test("serves the playground from dist when it is on, without the demo token", async () => {
  const { url } = await startProcess({ NODE_ENV: "production", PLAYGROUND: "true" });

  const page = await fetch(`${url}/graphql`, { headers: { accept: "text/html" } }).then((answer) => answer.text());
  const script = /type="module" src="([^"]+)"/.exec(page)?.[1];
  const answer = await fetch(`${url}/${script}`);

  expect(page).not.toContain(demoToken);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toContain("createRoot");
});

test("refuses the sandbox's demo token in front of anything but the sandbox", async () => {
  const upstream = await startUpstream();
  const { url } = await startProcess({ CONTACTSWING_URL: upstream.url });

  const answer = await create(url, minimalInput, { authorization: `Bearer ${demoToken}` });

  expect(answer.body.errors?.[0]?.extensions.code).toBe("UNAUTHENTICATED");
  expect(upstream.received).toEqual([]);
});

test("stops before it starts when the configuration is bad: exit 1, one message, every variable, no stack", async () => {
  const { exit, errors, output } = runProcess({ PORT: "many", LOG_LEVEL: "loud", REDIS_URL: "x" });

  expect(await exit).toBe(1);
  expect(errors()).toMatch(/^The configuration is not valid:\n {2}PORT .+\n {2}REDIS_URL .+\n {2}LOG_LEVEL .+\n$/);
  expect(output()).toBe("");
});

test("says in one line that its port is in use, and exits with 1", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestEnd(async () => server.close());
  const { port } = server.address() as { port: number };

  const { exit, errors } = runProcess({ PORT: String(port) });

  expect(await exit).toBe(1);
  expect(errors()).toBe("The service cannot start: its port is in use. Set PORT to another one.\n");
});

test("starts although ContactSwing is down", async () => {
  const { url } = await startProcess({ CONTACTSWING_URL: "http://127.0.0.1:9" });

  expect((await fetch(`${url}/health/ready`)).status).toBe(200);
});

test("drains on SIGTERM: not ready at once, still answering, calls under way finished, exit 0", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const upstream = await startUpstream(async ({ body }) => {
    if (body.includes("slow")) await held;
    return createdAnswer;
  });
  const { url, child, exit, output } = await startProcess({
    CONTACTSWING_URL: upstream.url,
    SHUTDOWN_DELAY_MS: "1500",
  });
  const token = { authorization: "Bearer t" };
  const slow = create(url, { name: "slow", webhook: {} }, token);
  await eventually(() => upstream.received[0]);

  child.kill("SIGTERM");
  await eventually(() => output().includes("stopping"));
  const readiness = await fetch(`${url}/health/ready`).then((response) => response.status);
  const during = await create(url, minimalInput, token);
  await eventually(() => isRefused(url));
  release();

  expect(readiness).toBe(503);
  expect(during.body.errors).toBeUndefined();
  expect(during.headers.get("connection")).toBe("close");
  expect((await slow).body.data.createDataExtractionAction.action.id).toBe("act-1");
  expect(await exit).toBe(0);
});

test("stops without delay on SIGINT", async () => {
  // Longer than a test may take.
  const { child, exit } = await startProcess({ SHUTDOWN_DELAY_MS: "600000" });

  child.kill("SIGINT");

  expect(await exit).toBe(0);
});

test("gives up on a call that outlasts the grace period: its caller is told, and it still exits with 0", async () => {
  const upstream = await startUpstream(() => new Promise(() => {}));
  const { url, child, exit } = await startProcess({
    CONTACTSWING_URL: upstream.url,
    SHUTDOWN_GRACE_MS: "100",
    UPSTREAM_TIMEOUT_MS: "20000",
  });
  const call = create(url, minimalInput, { authorization: "Bearer t" });
  await eventually(() => upstream.received[0]);

  child.kill("SIGINT");

  expect(await exit).toBe(0);
  expect(onlyError(await call).extensions).toMatchObject({ code: "UPSTREAM_ERROR", outcome: "UNKNOWN" });
});

test("ends at once on a second signal", async () => {
  const { child, exit, output } = await startProcess({ SHUTDOWN_DELAY_MS: "20000" });

  child.kill("SIGTERM");
  await eventually(() => output().includes("stopping") || undefined);
  child.kill("SIGTERM");

  expect(await exit).toBe(1);
});
