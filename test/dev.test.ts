import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "@jest/globals";
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

test("npm run dev prints a request that creates an action, and one Ctrl-C ends everything", async () => {
  const { CONTACTSWING_URL: _none, ...environment } = process.env;
  const child = spawn("npm", ["run", "dev"], {
    cwd: new URL("..", import.meta.url).pathname,
    env: { ...environment, HOST: "127.0.0.1", PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, as a terminal makes one: Ctrl-C signals the whole group.
    detached: true,
  });
  const group = child.pid as number;
  onTestEnd(async () => {
    if (processesIn(group).length > 0) process.kill(-group, "SIGKILL");
  });
  let output = "";
  const printed = new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk) => {
      output += chunk;
      const curl = /^curl [\s\S]*?}'$/m.exec(output)?.[0];
      if (curl !== undefined) resolve(curl);
    });
  });

  const curl = await printed;
  const answer = JSON.parse(execFileSync("sh", ["-c", `${curl} --silent`]).toString());
  const exit = once(child, "exit");
  process.kill(-group, "SIGINT");
  await exit;
  // npm itself may be gone a moment before its children.
  for (let wait = 0; wait < 100 && processesIn(group).length > 0; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }

  expect(output).toMatch(/^Demo token: \S+$/m);
  expect(output).toMatch(/^GraphQL: http:\/\/127\.0\.0\.1:\d+\/graphql$/m);
  expect(answer.data.createDataExtractionAction.action).toMatchObject({
    name: "My Data Extraction Action",
    type: "SINGLEDATAEXTRACTION",
    isActive: true,
  });
  expect(processesIn(group)).toEqual([]);
});
