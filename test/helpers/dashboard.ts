import { readFileSync } from "node:fs";

interface Panel {
  readonly targets?: readonly { readonly expr: string }[];
}

const file = new URL("../../deploy/observability/dashboard.json", import.meta.url);
const { panels } = JSON.parse(readFileSync(file, "utf8")) as { readonly panels: readonly Panel[] };

/** The labels that Prometheus adds to every series of one instance. */
export const target: Readonly<Record<string, string>> = { namespace: "production", job: "bff", instance: "a:4000" };

/** Every expression of the dashboard: as Grafana stores it, and with the variables replaced as Grafana does. */
export const panelExpressions = panels.flatMap(({ targets = [] }) =>
  targets.map(({ expr: template }) => ({
    template,
    expression: template
      .replace(/\$__rate_interval|\$__range/g, "5m")
      .replace(/\$(\w+)/g, (variable, name) => target[name] ?? variable),
  })),
);
