import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { utimes } from "node:fs/promises";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { expect, jest, test } from "@jest/globals";
import { demo } from "../src/sandbox/demo.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import { authorized, create, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { listen } from "./helpers/listen.ts";
import { eventually } from "./helpers/process.ts";

jest.setTimeout(60_000);

const curlPattern = /^curl [\s\S]*?}'$/m;

/** Whether a process of a group is running; npm itself may end a moment before its children. */
function isRunning(group: number): boolean {
  const lines = execFileSync("ps", ["-e", "-o", "pgid=,stat="]).toString().split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/))
    .some(([id, state]) => Number(id) === group && state?.[0] !== "Z");
}

/** `npm run dev` in a process group of its own, as a terminal makes one: Ctrl-C signals the whole group. */
function spawnDev(environment: Record<string, string>) {
  const { CONTACTSWING_URL: _url, HOST: _host, ...inherited } = process.env;
  const child = spawn("npm", ["run", "dev"], {
    cwd: new URL("..", import.meta.url).pathname,
    env: { ...inherited, PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const group = child.pid as number;
  onTestEnd(async () => {
    if (isRunning(group)) process.kill(-group, "SIGKILL");
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output += chunk;
    });
  }
  return { child, group, output: () => output };
}

/** `npm run dev` once it has printed its example. */
async function startDev(environment: Record<string, string> = {}) {
  const { child, group, output } = spawnDev(environment);
  const readUrls = () =>
    [...output().matchAll(/^GraphQL: (http:\/\/127\.0\.0\.1:\d+)\/graphql$/gm)].map(([, url]) => url);
  await eventually(() => curlPattern.test(output()), "the curl command");
  return { child, group, output, readUrls, url: readUrls()[0] ?? "" };
}

async function save(file: string): Promise<void> {
  const now = new Date();
  await utimes(new URL(`../src/${file}`, import.meta.url), now, now);
}

async function readName(url: string, id: string): Promise<string | undefined> {
  const { body } = await send(url, { query: `{ dataExtractionAction(id: "${id}") { name } }` });
  return body.data.dataExtractionAction?.name;
}

test("npm run dev prints a request that creates an action, and ends with one Ctrl-C", async () => {
  const { group, output, url } = await startDev();

  const command = `${curlPattern.exec(output())?.[0]} --silent`;
  const { stdout } = await promisify(execFile)("sh", ["-c", command]);
  const { action } = JSON.parse(stdout).data.createDataExtractionAction;
  const page = await fetch(url, { headers: { accept: "text/html" } });
  const settings = await fetch(`${url}/graphql/playground/settings.json`).then((response) => response.json());

  expect(settings).toEqual({ demo });
  expect(output()).toMatch(/^Demo token: \S+$/m);
  expect(action).toMatchObject({ id: expect.any(String), isActive: true });
  expect(await page.text()).toContain("<title>ContactSwing playground</title>");
  // Into a pipe the log is written as in production.
  const readLine = (message: string) =>
    JSON.parse(new RegExp(`^\\{.*"${message}".*\\}$`, "m").exec(output())?.[0] ?? "{}");
  expect(readLine("graphql request")).toMatchObject({ "http.response.status_code": 200, "event.outcome": "success" });
  expect(readLine("listening")).toMatchObject({ "settings.shutdownDelayMs": 0 });

  process.kill(-group, "SIGINT");
  await eventually(() => !isRunning(group), "the end of all processes");
});

test("npm run dev ends with all its processes when npm alone is terminated", async () => {
  const { child, group } = await startDev();

  child.kill("SIGTERM");

  await eventually(() => !isRunning(group), "the end of all processes");
});

test("npm run dev restarts the service or the sandbox when its code is saved, and keeps actions while only the service restarts", async () => {
  const { output, readUrls, url } = await startDev();
  const countSandboxes = () => [...output().matchAll(/^ContactSwing sandbox: started/gm)].length;
  const { body } = await create(url, minimalInput);
  const { id, name } = body.data.createDataExtractionAction.action;

  await save("dev/service.ts");
  const restarted = await eventually(() => readUrls()[1], "the service's restart");
  expect(await readName(restarted, id)).toBe(name);
  expect(countSandboxes()).toBe(1);

  await save("sandbox/handlers.ts");
  await eventually(() => countSandboxes() === 2, "the sandbox's restart");
  expect(await readName(restarted, id)).toBeUndefined();
  expect(readUrls()).toHaveLength(2);
});

test("npm run dev ends with a message if its port is in use or a setting is invalid", async () => {
  const { port } = await listen(createServer());

  for (const [environment, message] of [
    [{ PORT: String(port) }, `The service cannot start: port ${port} is already in use.\n`],
    [{ METRICS_PORT: String(port) }, `The service cannot start: port ${port} is already in use.\n`],
    [{ MAX_IN_FLIGHT: "many" }, "MAX_IN_FLIGHT"],
  ] as const) {
    const { child, group, output } = spawnDev(environment);
    const [code] = await once(child, "close");

    expect(code).toBe(1);
    expect(output()).toContain(message);
    expect(isRunning(group)).toBe(false);
  }
});

test("npm run dev in front of another ContactSwing rejects the demo token, and allows pages from this machine", async () => {
  const { output, url } = await startDev({ CONTACTSWING_URL: "http://127.0.0.1:9" });

  const settings = await fetch(`${url}/graphql/playground/settings.json`).then((response) => response.json());

  expect(output()).not.toContain("Demo token");
  expect(settings).toEqual({});
  expect(onlyError(await create(url, minimalInput)).extensions.code).toBe("UNAUTHENTICATED");
  const readAllowedOrigin = async (origin: string) => {
    const { headers } = await fetch(`${url}/graphql?query={__typename}`, { headers: { ...authorized, origin } });
    return headers.get("access-control-allow-origin");
  };
  for (const origin of [
    "http://localhost:5173",
    "https://localhost",
    "http://127.0.0.1:3000",
    "https://127.0.0.1",
    "http://[::1]:5173",
    "https://[::1]",
    "https://console.localhost:8443",
    "http://a.b-c.localhost",
  ]) {
    expect(await readAllowedOrigin(origin)).toBe(origin);
  }
  for (const origin of [
    "http://localhost.example.com",
    "http://evil-localhost",
    "https://localhost:1.example.com",
    "http://.localhost",
    "http://127.0.0.1.example.com",
    "http://127x0x0x1",
    "ftp://localhost",
    "null",
  ]) {
    expect(await readAllowedOrigin(origin)).toBeNull();
  }
});
