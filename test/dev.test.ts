import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { utimes } from "node:fs/promises";
import { promisify } from "node:util";
import { expect, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { authorized, create, minimalInput, onlyError, send } from "./helpers/graphql.ts";
import { eventually } from "./helpers/process.ts";

/** IDs of the processes in a process group. */
function processesIn(group: number): string[] {
  return execFileSync("ps", ["-e", "-o", "pgid=,pid=,stat="])
    .toString()
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([pgid, , stat]) => pgid === String(group) && !stat?.startsWith("Z"))
    .map(([, pid]) => String(pid));
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
    if (processesIn(group).length > 0) process.kill(-group, "SIGKILL");
  });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const readUrls = () =>
    [...output.matchAll(/^GraphQL: (http:\/\/127\.0\.0\.1:\d+)\/graphql$/gm)].map(([, url]) => url);
  const [url = ""] = await eventually(() => (/^curl [\s\S]*?}'$/m.test(output) ? readUrls() : undefined));
  return { child, group, output: () => output, readUrls, url };
}

test("npm run dev prints a request that creates an action, and one Ctrl-C ends everything", async () => {
  const { child, group, output, url } = await startDev({});
  const curl = /^curl [\s\S]*?}'$/m.exec(output())?.[0];

  const { stdout } = await promisify(execFile)("sh", ["-c", `${curl} --silent`]);
  const page = await fetch(url, { headers: { accept: "text/html" } });
  const exit = once(child, "exit");
  process.kill(-group, "SIGINT");
  await exit;
  // npm itself may end a moment before its children.
  await eventually(() => processesIn(group).length === 0);

  expect(output()).toMatch(/^Demo token: \S+$/m);
  expect(JSON.parse(stdout).data.createDataExtractionAction.action).toMatchObject({ isActive: true });
  expect(await page.text()).toContain("<title>ContactSwing playground</title>");
  // Into a pipe the log is written as in production.
  const line = /^\{.*"graphql request".*\}$/m.exec(output())?.[0] ?? "{}";
  expect(JSON.parse(line)).toMatchObject({ "http.response.status_code": 200, "event.outcome": "success" });
});

test("npm run dev keeps what was created when the service restarts on save", async () => {
  const { readUrls, url } = await startDev({});
  const created = (await create(url, minimalInput)).body.data.createDataExtractionAction.action;

  const now = new Date();
  await utimes(new URL("../src/dev-service.ts", import.meta.url), now, now);
  const restarted = await eventually(() => readUrls()[1]);

  const query = `{ dataExtractionAction(id: "${created.id}") { name } }`;
  expect((await send(restarted, { query })).body).toEqual({ data: { dataExtractionAction: { name: created.name } } });
});

test("npm run dev allows pages from this machine, whatever their port", async () => {
  const { url } = await startDev({});
  const readAllowed = async (origin: string) => {
    const response = await fetch(`${url}/graphql?query={__typename}`, { headers: { ...authorized, origin } });
    return response.headers.get("access-control-allow-origin");
  };

  expect(await readAllowed("http://localhost:5173")).toBe("http://localhost:5173");
  expect(await readAllowed("http://127.0.0.1:3000")).toBe("http://127.0.0.1:3000");
  expect(await readAllowed("http://localhost.example.com")).toBeNull();
});

test("npm run dev in front of another ContactSwing has no demo token and rejects it", async () => {
  const { output, url } = await startDev({ CONTACTSWING_URL: "http://127.0.0.1:9" });

  const settings = await fetch(`${url}/graphql/playground/settings.json`).then((response) => response.json());

  expect(output()).not.toContain("Demo token");
  expect(settings).toEqual({});
  expect(onlyError(await create(url, minimalInput)).extensions.code).toBe("UNAUTHENTICATED");
});
