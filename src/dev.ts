// `npm run dev`: a sandbox, unless CONTACTSWING_URL is set, and the service in a child process that restarts on save.
// The sandbox is here, so that it keeps what was created.
import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { sandboxVariable } from "./config.ts";
import { createSandbox } from "./sandbox/sandbox.ts";

const sandbox = process.env.CONTACTSWING_URL?.trim() ? undefined : createSandbox();
const environment = sandbox ? { CONTACTSWING_URL: await sandbox.start(), [sandboxVariable]: "true" } : {};

const service = spawn(
  process.execPath,
  ["--import", "tsx", "--watch", "--watch-preserve-output", fileURLToPath(new URL("dev-service.ts", import.meta.url))],
  { env: { ...process.env, ...environment }, stdio: "inherit" },
);

// Ctrl-C reaches the whole process group; SIGTERM only this process.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => service.kill("SIGTERM"));

const [code] = await once(service, "exit");
await sandbox?.stop();
process.exitCode = code ?? 0;
