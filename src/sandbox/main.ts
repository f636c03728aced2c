import { randomUUID } from "node:crypto";
import process from "node:process";
import { BearerToken } from "../auth/bearer-token.ts";
import { ConfigError, readConfig } from "../config.ts";
import { createSandbox } from "./sandbox.ts";

const defaultPort = "4010";
const defaultHost = "127.0.0.1";

function readSettings({ PORT, HOST, SANDBOX_TOKEN }: NodeJS.ProcessEnv) {
  const { port, host } = readConfig({ PORT: PORT?.trim() || defaultPort, HOST: HOST?.trim() || defaultHost });
  const token = SANDBOX_TOKEN?.trim() || randomUUID();
  if (BearerToken.parse(`Bearer ${token}`) === undefined) {
    throw new ConfigError(["SANDBOX_TOKEN must be one token of letters, digits and -._~+/ that may end in =."]);
  }
  return { port, host, token };
}

try {
  const { port, host, token } = readSettings(process.env);
  const sandbox = createSandbox({ token });
  const url = await sandbox.start(port, host);
  const reachable = new URL(url);
  if (host === "0.0.0.0" || host === "::") reachable.hostname = "localhost";
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.once(signal, () => void sandbox.stop().then(() => process.exit(0)));
  }
  const lines = [
    `ContactSwing sandbox: ${reachable.origin}`,
    `Token: ${token}`,
    "",
    `Point a service at it with CONTACTSWING_URL=${reachable.origin}`,
    "docs/sandbox.md lists the failures that it plays on demand.",
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === "EADDRINUSE" ? "its port is in use; set PORT to another one." : message;
  process.stderr.write(error instanceof ConfigError ? `${message}\n` : `The sandbox cannot start: ${reason}\n`);
  process.exit(1);
}
