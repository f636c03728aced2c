import { expect, test } from "@jest/globals";
import { readConfig } from "../../src/config.ts";
import { version } from "../../src/version.ts";
import { readYaml } from "../helpers/yaml-file.ts";
import { findManifestProblems } from "./kubernetes.ts";

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: number };
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}
interface Container {
  readonly image: string;
  readonly ports: readonly { readonly containerPort: number }[];
  readonly env: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
}
interface CloudRunService {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec: {
        readonly containerConcurrency: number;
        readonly timeoutSeconds: number;
        readonly containers: readonly [Container];
      };
    };
  };
}

const service = readYaml<CloudRunService>("deploy/cloud-run.yaml");
const { template } = service.spec;
const [container] = template.spec.containers;
const plain = container.env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]));
const config = readConfig({ NODE_ENV: "production", ...Object.fromEntries(plain) });

test("is a Knative Service by the published schema", async () => {
  expect(await findManifestProblems([service])).toEqual([]);
  const misspelled = structuredClone(service) as unknown as { spec: { template: { spec: object } } };
  Object.assign(misspelled.spec.template.spec, { containerConcurency: 1 });
  expect((await findManifestProblems([misspelled as unknown as CloudRunService])).join()).toContain(
    "containerConcurency",
  );
});

test("sets no variable that Cloud Run reserves, and listens where Cloud Run expects it", () => {
  const names = container.env.map(({ name }) => name);

  for (const reserved of ["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"]) expect(names).not.toContain(reserved);
  expect(container.ports).toEqual([expect.objectContaining({ containerPort: readConfig({}).port })]);
});

test("probes paths that Cloud Run lets through, within its limits", () => {
  for (const { httpGet, periodSeconds, timeoutSeconds, failureThreshold } of [
    container.startupProbe,
    container.livenessProbe,
  ]) {
    expect(httpGet).toEqual({ path: "/health/live", port: 4000 });
    // Cloud Run keeps paths that end in z to itself.
    expect(httpGet.path).not.toMatch(/z$/);
    expect(timeoutSeconds).toBeLessThanOrEqual(periodSeconds);
    expect(periodSeconds * failureThreshold).toBeLessThanOrEqual(240);
  }
});

test("fits the whole shutdown into the ten seconds between SIGTERM and SIGKILL", () => {
  const longestRequestMs = config.upstreamConnectTimeoutMs + config.upstreamTimeoutMs;

  // Closing the store and flushing traces and the log share one more second.
  expect(config.shutdownDelayMs + config.shutdownGraceMs + 1000).toBeLessThanOrEqual(9000);
  expect(config.shutdownGraceMs).toBeGreaterThanOrEqual(longestRequestMs);
  // A create request is followed by the read of its details.
  expect(template.spec.timeoutSeconds * 1000).toBeGreaterThan(2 * longestRequestMs);
});

test("keeps metrics on a port that Cloud Run does not publish", () => {
  const metricsPort = Number(container.env.find(({ name }) => name === "METRICS_PORT")?.value);

  expect(metricsPort).toBeGreaterThan(1023);
  expect(container.ports.map(({ containerPort }) => containerPort)).not.toContain(metricsPort);
});

test("scales before it sheds, and keeps its timers running between requests", () => {
  const { annotations } = template.metadata;

  expect(template.spec.containerConcurrency).toBeLessThan(config.maxInFlight);
  expect(Number(annotations["autoscaling.knative.dev/minScale"])).toBeGreaterThanOrEqual(1);
  expect(Number(annotations["autoscaling.knative.dev/maxScale"])).toBeGreaterThan(1);
  expect(annotations["run.googleapis.com/cpu-throttling"]).toBe("false");
  expect(annotations["run.googleapis.com/execution-environment"]).toBe("gen2");
});

test("runs the image of this version", () => {
  expect(container.image).toMatch(new RegExp(`/contactswing-bff:${version.replaceAll(".", "\\.")}$`));
});

test("takes the Redis URL from one version of a secret, and nothing secret in clear", () => {
  const redis = container.env.find(({ name }) => name === "REDIS_URL");

  expect(redis?.valueFrom).toEqual({ secretKeyRef: { name: "contactswing-bff-redis-url", key: "1" } });
  expect(JSON.stringify(service)).not.toMatch(/rediss?:\/\//);
});
