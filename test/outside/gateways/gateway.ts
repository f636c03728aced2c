import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type GatewayName = "apollo-gateway" | "hive-gateway";

const pathOf = (file: string) => new URL(`../../../${file}`, import.meta.url).pathname;

/** What follows `node` to run the command line of `@graphql-hive/gateway`. */
const hiveGateway = [
  "--import",
  pathOf("test/outside/gateways/print-address.ts"),
  pathOf("test/outside/node_modules/.bin/hive-gateway"),
];
const hiveSettings = pathOf("deploy/router/gateway.config.ts");

const commands: Record<GatewayName, readonly string[]> = {
  "apollo-gateway": [pathOf("test/outside/gateways/apollo-gateway.ts"), "supergraph.graphql"],
  "hive-gateway": [...hiveGateway, "supergraph", "supergraph.graphql", "-c", hiveSettings],
};

/** A gateway that serves a supergraph. */
export const startGateway = (name: GatewayName, supergraphSdl: string) =>
  run(commands[name], { "supergraph.graphql": supergraphSdl });

/** `hive-gateway` with these words, in a folder with these files and no others. */
export const startHiveGateway = (words: readonly string[], files: Readonly<Record<string, string>>) =>
  run([...hiveGateway, ...words], files);

/** Starts a gateway as a process of its own, and waits until it listens. */
function run(
  command: readonly string[],
  files: Readonly<Record<string, string>>,
): Promise<{ url: string; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "contactswing-bff-gateway-"));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const child = spawn(process.execPath, ["--no-warnings", ...command], {
    cwd: folder,
    // Nothing else: an account's key in a developer's shell would make a gateway report there.
    env: { NODE_ENV: "production", HOST: "127.0.0.1", PORT: "0" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = once(child, "exit");
  const stop = async () => {
    child.kill("SIGKILL");
    await exit;
    rmSync(folder, { recursive: true });
  };

  let output = "";
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const url = /^listening on (\S+)$/m.exec(output)?.[1];
      if (url !== undefined) resolve({ url, stop });
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`${command.join(" ")} ended with ${code}:\n${output}`)));
  });
}
