import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { readConfig } from "../../../src/config.ts";
import { version } from "../../../src/process/version.ts";
import { readYaml } from "../../helpers/yaml-file.ts";
import { chartFolder, renderChart, renderNotes, runHelm } from "./helm.ts";
import { findManifestProblems, type Manifest } from "./kubernetes.ts";
import { admits } from "./network-policy.ts";

const redis = { existingSecret: "redis" };
const timeouts = { request: "45s" };
const everything = {
  redis,
  autoscaling: { enabled: true, targetUpstreamRequestsInFlight: 128 },
  ingress: { enabled: true, className: "nginx", hosts: ["graph.example"], tls: [{ secretName: "tls" }] },
  httpRoute: { enabled: true, parentRefs: [{ name: "public" }], hostnames: ["graph.example"], timeouts },
  serviceMonitor: { enabled: true },
  prometheusRule: { enabled: true, runbookBaseUrl: "https://docs.example/bff/" },
  upstreamCheck: { enabled: true, existingSecret: "check" },
  extraEnv: [{ name: "NODE_EXTRA_CA_CERTS", value: "/etc/ca/ca.crt" }],
  extraVolumes: [{ name: "ca", configMap: { name: "ca" } }],
  extraVolumeMounts: [{ name: "ca", mountPath: "/etc/ca", readOnly: true }],
  networkPolicy: { extraEgress: [{ to: [{ ipBlock: { cidr: "10.0.0.8/32" } }], ports: [{ port: 3128 }] }] },
};
const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");

test.each([
  ["its own values", {}, 7],
  ["every option", everything, 14],
])("passes helm's linter, and renders manifests that Kubernetes accepts, with %s", (_values, values, count) => {
  expect(runHelm(["lint", "--strict", chartFolder], values)).toContain("0 chart(s) failed");
  const { manifests } = renderChart(values);

  expect(manifests).toHaveLength(count);
  // The Gateway API's types are in no package that is used here.
  expect(findManifestProblems(manifests.filter(({ kind }) => kind !== "HTTPRoute"))).toBe("");
});

test.each([
  ["two replicas", { replicaCount: 2 }],
  ["autoscaling", { autoscaling: { enabled: true } }],
  ["autoscaling from one replica to two", { autoscaling: { enabled: true, minReplicas: 1, maxReplicas: 2 } }],
])("rejects %s without Redis, unless keys may be per process", (_case, values) => {
  const emptyUrl = { extraEnv: [{ name: "REDIS_URL", value: "" }] };
  for (const more of [{}, emptyUrl]) {
    const render = () => renderChart({ ...values, ...more });
    expect(render).toThrow(/replicas without Redis.*redis\.existingSecret.*keysPerProcess/);
  }
  const accepted = [
    { redis },
    { idempotency: { keysPerProcess: true } },
    { extraEnv: [{ name: "REDIS_URL", valueFrom: { secretKeyRef: { name: "redis", key: "url" } } }] },
  ];
  for (const more of accepted) expect(renderChart({ ...values, ...more }).manifests).not.toEqual([]);
});

test.each([
  ["one replica", {}],
  ["autoscaling to at most one replica", { autoscaling: { enabled: true, minReplicas: 1, maxReplicas: 1 } }],
])("accepts %s without Redis, with a warning", (_case, values) => {
  expect(renderNotes(values)).toContain("WARNING: idempotency keys are per process");
});

test.each([
  ["a misspelled value", { autoscalling: {} }, "autoscalling"],
  ["a misspelled setting", { config: { MAX_INFLIGHT: 1 } }, "MAX_INFLIGHT"],
  ["a number as text", { config: { UPSTREAM_TIMEOUT_MS: "10s" } }, "UPSTREAM_TIMEOUT_MS"],
  ["a Redis URL, which may contain a password", { config: { REDIS_URL: "redis://a" } }, "REDIS_URL"],
  ["a proxy's URL with a password", { config: { HTTPS_PROXY: "http://me:secret@proxy:3128" } }, "HTTPS_PROXY"],
  ["a proxy that Node.js would ignore", { config: { HTTPS_PROXY: "http://proxy:3128" } }, "NODE_USE_ENV_PROXY is 1"],
  ["a switch that Node.js would ignore", { config: { NODE_USE_ENV_PROXY: true } }, "NODE_USE_ENV_PROXY"],
  ["a NetworkPolicy that would admit everyone", { networkPolicy: { metricsFrom: [] } }, "/networkPolicy/metricsFrom"],
  ["a port that requires root", { config: { PORT: 80 } }, "/config/PORT"],
  ["one port for requests and metrics", { config: { METRICS_PORT: 4000 } }, "are the same port"],
  ["the tag latest", { image: { tag: "latest" } }, "/image/tag"],
  ["too short a margin before SIGKILL", { terminationMarginSeconds: 1 }, "terminationMarginSeconds"],
  ["an Ingress without hosts", { ingress: { enabled: true } }, "ingress.hosts is empty"],
  ["an HTTPRoute without a gateway", { httpRoute: { enabled: true } }, "httpRoute.parentRefs is empty"],
  ["an upstream check without a token", { upstreamCheck: { enabled: true } }, "upstreamCheck.existingSecret is empty"],
])("rejects %s", (_case, values, problem) => {
  expect(() => renderChart(values)).toThrow(problem);
});

test("passes settings as the service reads them, and its own are the service's defaults", () => {
  const environment = (values: object) => renderChart(values).only("ConfigMap").data as Record<string, string>;
  const production = { NODE_ENV: "production" };

  expect(readConfig({ ...production, ...environment({}) })).toEqual(
    readConfig({ ...production, METRICS_PORT: "9464" }),
  );
  expect(environment({})).toMatchObject({
    REQUEST_TIMEOUT_MS: "30000",
    KEEP_ALIVE_TIMEOUT_MS: "620000",
    SUBGRAPH_SDL: "true",
  });
  expect(Object.keys(environment({})).filter((name) => name.includes("PROXY"))).toEqual([]);
  const proxy = { HTTPS_PROXY: "http://proxy:3128", HTTP_PROXY: "http://proxy:3128", NO_PROXY: "collector,.svc" };
  expect(environment({ config: { MAX_IN_FLIGHT: 1_000_000, NODE_USE_ENV_PROXY: 1, ...proxy } })).toMatchObject({
    MAX_IN_FLIGHT: "1000000",
    NODE_USE_ENV_PROXY: "1",
    ...proxy,
  });
});

test("leaves time for the whole shutdown before SIGKILL", () => {
  const config = { SHUTDOWN_DELAY_MS: 5001, SHUTDOWN_GRACE_MS: 20_000 };
  const { spec } = renderChart({ config, terminationMarginSeconds: 2 }).only("Deployment").spec.template;

  expect(spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(5001 + 20_000 + 1500);
});

test("keeps every old pod until a new one is ready, and reports a rollout that stalls", () => {
  const { strategy, progressDeadlineSeconds, template } = renderChart().only("Deployment").spec;
  const [container] = template.spec.containers;

  expect(strategy.rollingUpdate).toEqual({ maxUnavailable: 0, maxSurge: 1 });
  // Helm waits for at most five minutes by default.
  expect(progressDeadlineSeconds).toBeLessThanOrEqual(300);
  // Not ready: gets no requests. Not live: is restarted, which would help nobody while a dependency is down.
  const probes = ["startupProbe", "livenessProbe", "readinessProbe"].map((name) => container[name].httpGet.path);
  expect(probes).toEqual(["/health/live", "/health/live", "/health/ready"]);
});

describe("the NetworkPolicy", () => {
  const prometheus = { namespace: "monitoring", labels: { "app.kubernetes.io/name": "prometheus" } };
  const gateway = { namespace: "graphql-gateway" };
  const neighbour = { namespace: "graph" };
  const stranger = { namespace: "other" };
  const findAdmitted = (policy: Manifest, port: string) =>
    [prometheus, gateway, neighbour, stranger].filter((pod) => admits(policy, "graph", port, pod));

  test("admits the same namespace only, and the notes say who is cut off", () => {
    const policy = renderChart().only("NetworkPolicy");

    expect(["http", "metrics"].map((port) => findAdmitted(policy, port))).toEqual([[neighbour], [neighbour]]);
    expect(renderNotes()).toMatch(/networkPolicy\.metricsFrom lists only .* Prometheus in another one is cut off/);
    expect(renderNotes()).not.toContain("ingress controllers");
    expect(renderNotes({ service: { type: "LoadBalancer" } })).toMatch(/networkPolicy\.from .* ingress controllers/);
  });

  test("of the documented installation admits the gateway and Prometheus, each to its port", () => {
    const [command = ""] = /helm upgrade (?:.*\\\n)*.*/.exec(read("docs/operations.md")) ?? [];
    const words = command.split(/[\s\\]+/).filter((word) => !["helm", "upgrade", "--install"].includes(word));

    const installed = renderChart({}, words);

    const policy = installed.only("NetworkPolicy");
    expect(["http", "metrics"].map((port) => findAdmitted(policy, port))).toEqual([[gateway], [prometheus]]);
    expect(words).toContain("--wait");
    expect(installed.only("HorizontalPodAutoscaler").spec.minReplicas).toBe(2);
    const kinds = installed.manifests.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(["ServiceMonitor", "PrometheusRule"]));
    expect(renderNotes(readYaml("deploy/helm/production.yaml"))).not.toContain("WARNING");
  });
});

test("warns of a proxy that the NetworkPolicy may cut off, and of metrics that everybody can read", () => {
  const config = { NODE_USE_ENV_PROXY: 1, HTTPS_PROXY: "http://proxy:3128", METRICS_PORT: "" };
  const { networkPolicy } = everything;

  expect(renderNotes({ config })).toMatch(/extraEgress is empty: the proxy[\s\S]*METRICS_PORT is empty/);
  expect(renderNotes({ config, networkPolicy })).not.toContain("extraEgress");
});

test("serves metrics inside the cluster only, on a port of their own unless told otherwise", () => {
  const values = { serviceMonitor: { enabled: true }, service: { type: "LoadBalancer" } };
  const separate = renderChart(values);
  const shared = renderChart({ ...values, config: { METRICS_PORT: "" } });

  expect(separate.only("Service").spec.ports).toMatchObject([{ name: "http" }]);
  expect(separate.only("Service", "-metrics").spec).toMatchObject({ type: "ClusterIP", ports: [{ name: "metrics" }] });
  expect(separate.only("ServiceMonitor").spec.endpoints).toMatchObject([{ port: "metrics" }]);
  expect(shared.only("ServiceMonitor").spec.endpoints).toMatchObject([{ port: "http" }]);
});

describe("with every option", () => {
  const rendered = renderChart(everything);

  test("publishes /graphql and nothing else", () => {
    expect(rendered.only("Ingress").spec.rules).toMatchObject([
      { host: "graph.example", http: { paths: [{ path: "/graphql" }] } },
    ]);
    expect(rendered.only("HTTPRoute").spec.rules).toMatchObject([
      { matches: [{ path: { type: "PathPrefix", value: "/graphql" } }], backendRefs: [{ port: 80 }], timeouts },
    ]);
  });

  test("installs the alert rules with links to the published runbook", () => {
    const file = read("deploy/observability/alerts.yaml");

    expect(rendered.only("PrometheusRule").spec).toEqual(
      parse(file.replaceAll("https://runbooks.example.com/contactswing-bff", "https://docs.example/bff")),
    );
  });

  test("runs the upstream check as a job that no request is routed to, with the service's way to ContactSwing", () => {
    const { metadata, spec } = rendered.only("CronJob", "-upstream-check").spec.jobTemplate.spec.template;
    const [container] = spec.containers;

    expect(container.env).toEqual([expect.objectContaining({ name: "CHECK_TOKEN_FILE" }), ...everything.extraEnv]);
    const names = (volumes: { name: string }[]) => volumes.map(({ name }) => name);
    expect(names(container.volumeMounts)).toEqual(["upstream-check-token", "ca"]);
    expect(names(spec.volumes)).toEqual(["upstream-check-token", "ca"]);
    expect(container.envFrom).toEqual(rendered.only("Deployment").spec.template.spec.containers[0].envFrom);
    expect(rendered.only("NetworkPolicy", "-upstream-check").spec.egress).toEqual([
      ...renderChart().only("NetworkPolicy").spec.egress,
      ...everything.networkPolicy.extraEgress,
    ]);
    expect(container.command).toEqual(["node", "dist/check-upstream.cjs", "--json"]);
    const { selector } = rendered.only("Service").spec;
    expect(metadata.labels["app.kubernetes.io/name"]).not.toBe(selector["app.kubernetes.io/name"]);
  });

  test("runs this version's image as a user who can change nothing, with REDIS_URL from a Secret", () => {
    const { containers, securityContext } = rendered.only("Deployment").spec.template.spec;
    const [container] = containers;

    expect(securityContext.runAsNonRoot).toBe(true);
    const { allowPrivilegeEscalation, readOnlyRootFilesystem } = container.securityContext;
    expect([allowPrivilegeEscalation, readOnlyRootFilesystem]).toEqual([false, true]);
    expect(container.image).toBe(`contactswing-bff:${version}`);
    const fromSecret = { secretKeyRef: { name: "redis", key: "url" } };
    expect(container.env).toEqual([{ name: "REDIS_URL", valueFrom: fromSecret }, everything.extraEnv[0]]);
  });

  test("allows connections to DNS, ContactSwing, Redis, and what is listed, and never to cloud metadata", () => {
    const { egress } = rendered.only("NetworkPolicy").spec;
    const ports = egress.map((rule: { ports: { port: number }[] }) => rule.ports.map(({ port }) => port));

    expect(ports).toEqual([[53, 53], [443], [3128], [6379]]);
    expect(egress[1].to[0].ipBlock.except).toContain("169.254.0.0/16");
  });
});
