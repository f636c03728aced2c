import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { demoToken } from "../src/sandbox/demo-token.ts";
import { onTestEnd } from "./helpers/cleanup.ts";

/** Ids of the processes in a process group. */
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
  const { CONTACTSWING_URL: _none, ...inherited } = process.env;
  const child = spawn("npm", ["run", "dev"], {
    cwd: new URL("..", import.meta.url).pathname,
    env: { ...inherited, HOST: "127.0.0.1", PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const group = child.pid as number;
  onTestEnd(async () => {
    if (processesIn(group).length > 0) process.kill(-group, "SIGKILL");
  });
  let output = "";
  const curl = await new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk) => {
      output += chunk;
      const printed = /^curl [\s\S]*?}'$/m.exec(output)?.[0];
      if (printed !== undefined) resolve(printed);
    });
  });
  const address = /^GraphQL: (http:\/\/127\.0\.0\.1:\d+\/graphql)$/m.exec(output)?.[1] ?? "";
  const page = await fetch(address, { headers: { accept: "text/html" } }).then((response) => response.text());
  return { child, group, output: () => output, curl, page };
}

test("npm run dev prints a request that creates an action, and one Ctrl-C ends everything", async () => {
  const { child, group, output, curl, page } = await startDev({});

  const answer = JSON.parse(execFileSync("sh", ["-c", `${curl} --silent`]).toString());
  const exit = once(child, "exit");
  process.kill(-group, "SIGINT");
  await exit;
  // npm itself may be gone a moment before its children.
  for (let wait = 0; wait < 100 && processesIn(group).length > 0; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  expect(output()).toMatch(/^Demo token: \S+$/m);
  expect(page).toContain(/^Demo token: (\S+)$/m.exec(output())?.[1]);
  expect(answer.data.createDataExtractionAction.action).toMatchObject({
    name: "My Data Extraction Action",
    type: "SINGLEDATAEXTRACTION",
    isActive: true,
  });
  // Into a pipe the log goes as in production.
  const line = /^\{.*"graphql request".*\}$/m.exec(output())?.[0] ?? "{}";
  expect(JSON.parse(line)).toMatchObject({ "http.response.status_code": 200, "event.outcome": "success" });
  expect(processesIn(group)).toEqual([]);
});

test("npm run dev in front of another ContactSwing has no demo token, not in the playground either", async () => {
  const { output, page } = await startDev({ CONTACTSWING_URL: "http://127.0.0.1:9" });

  expect(output()).not.toContain("Demo token");
  expect(page).toContain('id="settings"');
  expect(page).not.toContain(demoToken);
});
