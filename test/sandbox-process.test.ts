import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "@jest/globals";
import { onTestEnd } from "./helpers/cleanup.ts";
import { create, minimalInput, onlyError } from "./helpers/graphql.ts";
import { startService } from "./helpers/service.ts";

const entry = new URL("../dist/sandbox.mjs", import.meta.url).pathname;

function runSandbox(environment: Record<string, string>) {
  const child = spawn(process.execPath, [entry], { env: environment });
  let output = "";
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  const exit = once(child, "exit").then(([code, signal]) => code ?? signal);
  const started = new Promise<{ url: string; token: string }>((resolve) => {
    child.stdout.on("data", (chunk) => {
      output += chunk;
      const [, url, token] = /^ContactSwing sandbox: (\S+)\nToken: (\S+)\n/.exec(output) ?? [];
      if (url !== undefined && token !== undefined) resolve({ url, token });
    });
  });
  onTestEnd(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  return { child, exit, started, errors: () => errors };
}

test("stands alone: a service in front of it creates with the printed token, and with no other", async () => {
  const { child, exit, started } = runSandbox({ PORT: "0" });
  const { url: sandboxUrl, token } = await started;
  const { url } = await startService({ CONTACTSWING_URL: sandboxUrl });

  const created = await create(url, minimalInput, { authorization: `Bearer ${token}` });
  const refused = onlyError(await create(url, minimalInput, { authorization: "Bearer another" }));
  const failed = onlyError(
    await create(url, { name: "sandbox:409", webhook: {} }, { authorization: `Bearer ${token}` }),
  );
  child.kill("SIGINT");

  expect(created.body.errors).toBeUndefined();
  expect(refused.extensions.code).toBe("UNAUTHENTICATED");
  expect(failed.extensions.code).toBe("CONFLICT");
  expect(await exit).toBe(0);
});

test("makes up a token at each start, unless it is told one", async () => {
  const [one, other, told] = [
    runSandbox({ PORT: "0" }),
    runSandbox({ PORT: "0", SANDBOX_TOKEN: " " }),
    runSandbox({ PORT: "0", SANDBOX_TOKEN: "my-token" }),
  ];

  const [{ token: first }, { token: second }, { token: third }] = await Promise.all([
    one.started,
    other.started,
    told.started,
  ]);

  expect(first).toMatch(/^[0-9a-f-]{36}$/);
  expect(second).toMatch(/^[0-9a-f-]{36}$/);
  expect(second).not.toBe(first);
  expect(third).toBe("my-token");
});

test.each([
  [{ PORT: "many" }, /^The configuration is invalid:\n {2}PORT must be [^\n]+\n$/],
  [{ PORT: "0", HOST: "not a host" }, /^The configuration is invalid:\n {2}HOST must be [^\n]+\n$/],
  [{ PORT: "0", SANDBOX_TOKEN: "two words" }, /^The configuration is invalid:\n {2}SANDBOX_TOKEN must be [^\n]+\n$/],
])("says in one message why it does not start with %j, and exits with 1", async (environment, message) => {
  const { exit, errors } = runSandbox(environment);

  expect(await exit).toBe(1);
  expect(errors()).toMatch(message);
});

test("says that its port is in use, and exits with 1", async () => {
  const { url } = await runSandbox({ PORT: "0" }).started;

  const { exit, errors } = runSandbox({ PORT: new URL(url).port });

  expect(await exit).toBe(1);
  expect(errors()).toBe("The sandbox cannot start: its port is in use; set PORT to another one.\n");
});
