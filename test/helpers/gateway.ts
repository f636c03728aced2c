import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestEnd } from "./cleanup.ts";

export type GatewayName = "apollo-gateway" | "hive-gateway";

/** A gateway of `test/gateways` as a process of its own, serving a supergraph; resolves with its origin. */
export async function startGateway(name: GatewayName, supergraphSdl: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "contactswing-bff-gateway-"));
  const supergraphFile = join(folder, "supergraph.graphql");
  writeFileSync(supergraphFile, supergraphSdl);
  const script = new URL(`../gateways/${name}.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, ["--no-warnings", script, supergraphFile], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exit = once(child, "exit");
  onTestEnd(async () => {
    child.kill("SIGKILL");
    await exit;
    rmSync(folder, { recursive: true });
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
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}:\n${output}`)));
  });
}
