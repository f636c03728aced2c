import { execFile, execFileSync, spawn } from "node:child_process";
import { utimes } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, jest, test } from "@jest/globals";
import { demo } from "../src/sandbox/demo.ts";
import { onTestEnd } from "./helpers/cleanup.ts";
import { authorized, create, minimalInput, onlyError, send } from "./helpers/graphql.ts";
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
async function startDev(environment: Record<string, string>) {
  const { CONTACTSWING_URL: _url, HOST: _host, ...inherited } = process.env;
  const child = spawn("npm", ["run", "dev"], {
    cwd: new URL("..", import.meta.url).pathname,
    env: { ...inherited, PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const group = child.pid as number;
  onTestEnd(async () => {
    if (isRunning(group)) process.kill(-group, "SIGKILL");
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const readUrls = () =>
    [...output.matchAll(/^GraphQL: (http:\/\/127\.0\.0\.1:\d+)\/graphql$/gm)].map(([, url]) => url);
  await eventually(() => curlPattern.test(output), "the curl command");
  return { group, output: () => output, readUrls, url: readUrls()[0] ?? "" };
}

test("npm run dev prints a request that creates an action, keeps it across a restart on save, and ends with one Ctrl-C", async () => {
  const { group, output, readUrls, url } = await startDev({});

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
  const line = /^\{.*"graphql request".*\}$/m.exec(output())?.[0] ?? "{}";
  expect(JSON.parse(line)).toMatchObject({ "http.response.status_code": 200, "event.outcome": "success" });

  const now = new Date();
  await utimes(new URL("../src/dev-service.ts", import.meta.url), now, now);
  const restarted = await eventually(() => readUrls()[1], "the restart");
  const query = `{ dataExtractionAction(id: "${action.id}") { name } }`;
  expect((await send(restarted, { query })).body).toEqual({ data: { dataExtractionAction: { name: action.name } } });

  process.kill(-group, "SIGINT");
  await eventually(() => !isRunning(group), "the end of all processes");
});

test("npm run dev in front of another ContactSwing rejects the demo token, and allows pages from this machine", async () => {
  const { output, url } = await startDev({ CONTACTSWING_URL: "http://127.0.0.1:9" });

  const settings = await fetch(`${url}/graphql/playground/settings.json`).then((response) => response.json());

  expect(output()).not.toContain("Demo token");
  expect(settings).toEqual({});
  expect(onlyError(await create(url, minimalInput)).extensions.code).toBe("UNAUTHENTICATED");
  for (const [origin, allowed] of [
    ["http://localhost:5173", "http://localhost:5173"],
    ["http://127.0.0.1:3000", "http://127.0.0.1:3000"],
    ["http://localhost.example.com", null],
  ] as const) {
    const { headers } = await fetch(`${url}/graphql?query={__typename}`, { headers: { ...authorized, origin } });
    expect(headers.get("access-control-allow-origin")).toBe(allowed);
  }
});
