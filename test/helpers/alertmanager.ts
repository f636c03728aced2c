import { spawn, spawnSync } from "node:child_process";
import { findFreePort } from "./free-port.ts";
import { eventually, watchProcess } from "./process.ts";
import { createTestFolder } from "./test-folder.ts";

export type Labels = Readonly<Record<string, string>>;

const exampleFile = new URL("../../deploy/observability/alertmanager.example.yaml", import.meta.url).pathname;

/** Checks the example configuration. @returns what amtool finds wrong; empty if it succeeds. */
export function findConfigProblems(): string {
  const { status, stdout, stderr } = spawnSync("amtool", ["check-config", exampleFile], { encoding: "utf8" });
  return status === 0 ? "" : stdout + stderr;
}

/** The receivers that an alert with these labels reaches. */
export function findReceivers(labels: Labels): string[] {
  const words = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  const { status, stdout, stderr } = spawnSync(
    "amtool",
    ["config", "routes", "test", `--config.file=${exampleFile}`, ...words],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`amtool: ${stdout}${stderr}`);
  return stdout.trim().split(",");
}

/** Alertmanager with the example configuration, once it is ready. */
export async function startAlertmanager() {
  const address = `127.0.0.1:${await findFreePort()}`;
  const { errors } = watchProcess(
    spawn("prometheus-alertmanager", [
      `--config.file=${exampleFile}`,
      `--storage.path=${createTestFolder()}`,
      `--web.listen-address=${address}`,
      "--cluster.listen-address=",
    ]),
  );
  const isReady = () =>
    fetch(`http://${address}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
  await eventually(isReady, "Alertmanager").catch((error) => {
    throw new Error(`${error.message}\n${errors()}`);
  });

  const url = `http://${address}/api/v2/alerts`;
  return {
    async fire(alerts: readonly Labels[]): Promise<void> {
      const body = JSON.stringify(alerts.map((labels) => ({ labels })));
      const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
      if (!response.ok) throw new Error(`Alertmanager returned ${response.status}: ${await response.text()}`);
    },
    /** The labels of the alerts that notify somebody, and of those that another one mutes. */
    async read(): Promise<{ active: Labels[]; muted: Labels[] }> {
      const alerts = (await (await fetch(url)).json()) as { labels: Labels; status: { inhibitedBy: string[] } }[];
      const labelsOf = (isMuted: boolean) =>
        alerts.filter(({ status }) => status.inhibitedBy.length > 0 === isMuted).map(({ labels }) => labels);
      return { active: labelsOf(false), muted: labelsOf(true) };
    },
  };
}
