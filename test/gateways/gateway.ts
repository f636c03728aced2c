import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestEnd } from "../helpers/cleanup.ts";

export type GatewayName = "apollo-gateway" | "hive-gateway";

const pathOf = (file: string) => new URL(`../../${file}`, import.meta.url).pathname;

/** What follows `node` to run the command line of `@graphql-hive/gateway`. */
const hiveGateway = [
  "--import",
  pathOf("test/gateways/print-address.ts"),
  pathOf("test/gateways/node_modules/.bin/hive-gateway"),
];
const hiveSettings = pathOf("deploy/router/gateway.config.ts");

const commands: Record<GatewayName, (supergraphFile: string) => readonly string[]> = {
  "apollo-gateway": (supergraphFile) => [pathOf("test/gateways/apollo-gateway.ts"), supergraphFile],
  "hive-gateway": (supergraphFile) => [...hiveGateway, "supergraph", supergraphFile, "-c", hiveSettings],
};

/** A gateway as a process of its own, serving a supergraph; resolves with its origin. */
export function startGateway(
  name: GatewayName,
  supergraphSdl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const folder = createGatewayFolder({ "supergraph.graphql": supergraphSdl });
  return run(commands[name](join(folder, "supergraph.graphql")), folder, environment);
}

/** `hive-gateway` with these words, in a folder with these files and no others; resolves with its origin. */
export function startHiveGateway(words: readonly string[], files: Readonly<Record<string, string>>): Promise<string> {
  return run([...hiveGateway, ...words], createGatewayFolder(files));
}

function createGatewayFolder(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "contactswing-bff-gateway-"));
  onTestEnd(async () => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

function run(
  command: readonly string[],
  folder: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = spawn(process.execPath, ["--no-warnings", ...command], {
    cwd: folder,
    // Nothing else: an account's key in a developer's shell would make a gateway report there.
    env: { NODE_ENV: "production", HOST: "127.0.0.1", PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = once(child, "exit");
  onTestEnd(async () => {
    child.kill("SIGKILL");
    await exit;
  });

  let output = "";
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const url = /^listening on (\S+)$/m.exec(output)?.[1];
      if (url !== undefined) resolve(url);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`${command.join(" ")} ended with ${code}:\n${output}`)));
  });
}
