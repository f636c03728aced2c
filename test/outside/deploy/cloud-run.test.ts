import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { readConfig } from "../../../src/config.ts";
import { version } from "../../../src/process/version.ts";
import { readYaml } from "../../helpers/yaml-file.ts";
import { findManifestProblems, type Manifest } from "./kubernetes.ts";

const text = readFileSync(new URL("../../../deploy/cloud-run.yaml", import.meta.url), "utf8");
const service: Manifest = parse(text);
const { metadata, spec } = service.spec.template;
const [container] = spec.containers;
const variables: { name: string; value?: string }[] = container.env;
const environment = Object.fromEntries(variables.map(({ name, value }) => [name, value]));
const config = readConfig({ NODE_ENV: "production", ...environment });

test("is a Knative Service by the published schema, which would find a misspelled field", () => {
  const misspelled = structuredClone(service);
  misspelled.spec.template.spec.containerConcurency = 1;

  expect(findManifestProblems([service])).toBe("");
  expect(findManifestProblems([misspelled])).toContain("containerConcurency");
});

test("listens where Cloud Run expects it, with metrics on a port that is not published", () => {
  // Cloud Run sets these itself.
  for (const reserved of ["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"]) {
    expect(environment).not.toHaveProperty(reserved);
  }
  expect(container.ports).toEqual([{ name: "http1", containerPort: readConfig({}).port }]);
  expect([config.port, undefined]).not.toContain(config.metricsPort);
});

test("has a sidecar to uncomment, which alone reads the metrics", () => {
  // Prose has an odd number of spaces after the #.
  const uncommented: Manifest = parse(text.replace(/^( *)#(?=(?: {2})*\S)/gm, "$1"));
  const { metadata, spec } = uncommented.spec.template;
  const { containers, volumes } = spec;
  const [configuration = ""] = / +# {3}apiVersion:(?:.*\n +# {3})+.*/.exec(text) ?? [];
  const { endpoints } = parse(configuration.replace(/^ +# {3}/gm, "")).spec;

  expect(findManifestProblems([uncommented])).toBe("");
  expect(containers.map(({ name }: { name: string }) => name)).toEqual(["contactswing-bff", "collector"]);
  // The container that has a port gets the requests, and there may be only one.
  expect(containers[1]).not.toHaveProperty("ports");
  expect(containers[1].volumeMounts.map(({ name }: { name: string }) => name)).toEqual([volumes[0].name]);
  const dependencies = metadata.annotations["run.googleapis.com/container-dependencies"];
  expect(JSON.parse(dependencies)).toEqual({ collector: ["contactswing-bff"] });
  expect(endpoints).toEqual([expect.objectContaining({ port: config.metricsPort, path: "/metrics" })]);
});

test.each([
  ["startupProbe", "/health/ready"],
  ["livenessProbe", "/health/live"],
])("has a %s that Cloud Run lets through, within its limits", (name, path) => {
  const { httpGet, periodSeconds, timeoutSeconds, failureThreshold } = container[name];

  // Not /livez: Cloud Run keeps paths that end in z to itself.
  expect(httpGet).toEqual({ path, port: config.port });
  expect(timeoutSeconds).toBeLessThanOrEqual(periodSeconds);
  expect(periodSeconds * failureThreshold).toBeLessThanOrEqual(240);
});

test("waits for the outcome of create requests: in the ten seconds before SIGKILL, and before a request times out", () => {
  const longestCreateMs = config.upstreamConnectTimeoutMs + config.upstreamTimeoutMs;
  const chart = readYaml<{ config: { REQUEST_TIMEOUT_MS: number } }>("deploy/helm/contactswing-bff/values.yaml");
  const requestTimeoutMs = Number(environment.REQUEST_TIMEOUT_MS ?? chart.config.REQUEST_TIMEOUT_MS);

  // Closing the store and flushing traces and the log share one more second.
  expect(config.shutdownDelayMs + config.shutdownGraceMs + 1000).toBeLessThanOrEqual(9000);
  expect(config.shutdownGraceMs).toBeGreaterThanOrEqual(longestCreateMs);
  // A create request that was sent just before the deadline is awaited.
  expect(spec.timeoutSeconds * 1000).toBeGreaterThan(requestTimeoutMs + longestCreateMs);
});

test("scales before it sheds, and keeps its timers running between requests", () => {
  expect(spec.containerConcurrency).toBeLessThan(config.maxInFlight);
  expect(metadata.annotations["run.googleapis.com/cpu-throttling"]).toBe("false");
});

test("runs the image of this version, with nothing secret in clear", () => {
  expect(container.image.endsWith(`/contactswing-bff:${version}`)).toBe(true);
  expect(variables).toContainEqual({ name: "REDIS_URL", valueFrom: { secretKeyRef: expect.any(Object) } });
});
