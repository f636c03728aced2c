import { expect, test } from "@jest/globals";
import { create, minimalInput, onlyError } from "./helpers/graphql.ts";
import { eventually, runProcess } from "./helpers/process.ts";
import { startService } from "./helpers/service.ts";

const entry = new URL("../dist/sandbox.mjs", import.meta.url).pathname;

const runSandbox = (environment: Record<string, string>) => runProcess(environment, entry);

async function startSandbox(environment: Record<string, string> = {}) {
  const run = runSandbox(environment);
  const [, url = "", token = ""] = await eventually(() =>
    /^ContactSwing sandbox: (\S+)\nToken: (\S+)\n/.exec(run.output()),
  );
  return { ...run, url, token };
}

test("stands alone: a service in front of it creates with the made-up token, and with no other", async () => {
  const { child, exit, url: sandboxUrl, token } = await startSandbox();
  const { url } = await startService({ CONTACTSWING_URL: sandboxUrl });

  const created = await create(url, minimalInput, { authorization: `Bearer ${token}` });
  const rejected = onlyError(await create(url, minimalInput, { authorization: "Bearer another" }));
  child.kill("SIGINT");

  expect(token).toMatch(/^[0-9a-f-]{36}$/);
  expect(created.body.errors).toBeUndefined();
  expect(rejected.extensions.code).toBe("UNAUTHENTICATED");
  expect(await exit).toBe(0);
});

test("uses the token that it is given, and says that its port is in use", async () => {
  const { url, token } = await startSandbox({ SANDBOX_TOKEN: "my-token" });

  const { exit, errors } = runSandbox({ PORT: new URL(url).port });

  expect(token).toBe("my-token");
  expect(await exit).toBe(1);
  expect(errors()).toBe("The sandbox cannot start: its port is in use; set PORT to another one.\n");
});

test("says in one message that it does not start with an invalid token, and exits with 1", async () => {
  const { exit, errors } = runSandbox({ SANDBOX_TOKEN: "two words" });

  expect(await exit).toBe(1);
  expect(errors()).toMatch(/^The configuration is invalid:\n {2}SANDBOX_TOKEN must be [^\n]+\n$/);
});
