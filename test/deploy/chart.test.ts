import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { parse } from "yaml";
import { readConfig } from "../../src/config.ts";
import { chartFolder, renderChart, runHelm } from "./helm.ts";
import { findManifestProblems } from "./kubernetes.ts";

const redis = { existingSecret: "redis" };
const everything = {
  redis,
  autoscaling: { enabled: true, targetUpstreamRequestsInFlight: 128 },
  ingress: { enabled: true, className: "nginx", hosts: ["graph.example"], tls: [{ secretName: "tls" }] },
  httpRoute: { enabled: true, parentRefs: [{ name: "public" }], hostnames: ["graph.example"] },
  serviceMonitor: { enabled: true },
  prometheusRule: { enabled: true, runbookBaseUrl: "https://docs.example/bff/" },
  upstreamCheck: { enabled: true, existingSecret: "check" },
  extraEnv: [{ name: "OTEL_EXPORTER_OTLP_ENDPOINT", value: "http://collector:4318" }],
};
const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const { version } = JSON.parse(read("package.json"));

test("passes helm's linter", () => {
  expect(runHelm(["lint", "--strict", chartFolder])).toContain("0 chart(s) failed");
});

const defaultKinds = [
  "ConfigMap",
  "Deployment",
  "NetworkPolicy",
  "PodDisruptionBudget",
  "Service",
  "Service",
  "ServiceAccount",
];
test.each([
  ["its own values", {}, defaultKinds],
  [
    "every option",
    everything,
    [
      ...defaultKinds,
      "CronJob",
      "HTTPRoute",
      "HorizontalPodAutoscaler",
      "Ingress",
      "NetworkPolicy",
      "PrometheusRule",
      "ServiceMonitor",
    ],
  ],
])("renders manifests that Kubernetes accepts with %s", async (_values, values, kinds) => {
  const { manifests } = renderChart(values);

  expect(manifests.map(({ kind }) => kind).toSorted()).toEqual(kinds.toSorted());
  // The Gateway API's types are in no package that is used here.
  const known = manifests.filter(({ kind }) => kind !== "HTTPRoute");
  expect(await findManifestProblems(known)).toEqual([]);
});

test.each([
  ["two replicas", { replicaCount: 2 }],
  ["autoscaling", { autoscaling: { enabled: true } }],
])("rejects %s without Redis, unless keys may be per process", (_case, values) => {
  expect(() => renderChart(values)).toThrow(/replicas without Redis.*redis\.existingSecret.*keysPerProcess/);
  const accepted = [
    { redis },
    { idempotency: { keysPerProcess: true } },
    { extraEnv: [{ name: "REDIS_URL", valueFrom: { secretKeyRef: { name: "redis", key: "url" } } }] },
  ];
  for (const more of accepted) expect(renderChart({ ...values, ...more }).manifests).not.toEqual([]);
});

test.each([
  ["a misspelled value", { autoscalling: {} }, "autoscalling"],
  ["a misspelled setting", { config: { MAX_INFLIGHT: 1 } }, "MAX_INFLIGHT"],
  ["a number as text", { config: { UPSTREAM_TIMEOUT_MS: "10s" } }, "UPSTREAM_TIMEOUT_MS"],
  ["a Redis URL, which may contain a password", { config: { REDIS_URL: "redis://a" } }, "REDIS_URL"],
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
  expect(environment({ config: { MAX_IN_FLIGHT: 1_000_000, MAX_IN_FLIGHT_PER_CALLER: 64 } })).toMatchObject({
    MAX_IN_FLIGHT: "1000000",
    MAX_IN_FLIGHT_PER_CALLER: "64",
  });
});

test("leaves time for the whole shutdown before SIGKILL", () => {
  const config = { SHUTDOWN_DELAY_MS: 5001, SHUTDOWN_GRACE_MS: 20_000 };
  const { spec } = renderChart({ config, terminationMarginSeconds: 2 }).only("Deployment").spec.template;

  expect(spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(5001 + 20_000 + 1500);
});

test("serves metrics on a port of its own, inside the cluster only", () => {
  const rendered = renderChart({ ...everything, service: { type: "LoadBalancer" } });

  expect(rendered.only("Service").spec.ports.map(({ name }: { name: string }) => name)).toEqual(["http"]);
  expect(rendered.only("Service", "-metrics").spec).toMatchObject({ type: "ClusterIP", ports: [{ name: "metrics" }] });
  expect(rendered.only("ServiceMonitor").spec.endpoints).toMatchObject([{ port: "metrics" }]);
  const shared = renderChart({ ...everything, config: { METRICS_PORT: "" } });
  expect(shared.only("ServiceMonitor").spec.endpoints).toMatchObject([{ port: "http" }]);
});

test("publishes /graphql and nothing else", () => {
  const rendered = renderChart(everything);

  expect(rendered.only("Ingress").spec.rules).toMatchObject([
    { host: "graph.example", http: { paths: [{ path: "/graphql" }] } },
  ]);
  expect(rendered.only("HTTPRoute").spec.rules).toMatchObject([
    { matches: [{ path: { type: "PathPrefix", value: "/graphql" } }], backendRefs: [{ port: 80 }] },
  ]);
});

test("installs the alert rules with links to the published runbook", () => {
  const rules = renderChart(everything).only("PrometheusRule").spec;
  const file = read("deploy/observability/alerts.yaml");

  expect(rules).toEqual(
    parse(file.replaceAll("https://runbooks.example.com/contactswing-bff", "https://docs.example/bff")),
  );
});

test("runs the upstream check as a job that no request is routed to, with its token in a file", () => {
  const rendered = renderChart(everything);
  const pod = rendered.only("CronJob", "-upstream-check").spec.jobTemplate.spec.template;
  const [container] = pod.spec.containers;

  expect(container.command).toEqual(["node", "dist/check-upstream.cjs", "--json"]);
  expect(container.env).toEqual([{ name: "CHECK_TOKEN_FILE", value: "/var/run/secrets/contactswing/token" }]);
  expect(pod.spec.volumes).toMatchObject([{ secret: { secretName: "check", items: [{ path: "token" }] } }]);
  const selector = rendered.only("Service").spec.selector;
  expect(pod.metadata.labels["app.kubernetes.io/name"]).not.toBe(selector["app.kubernetes.io/name"]);
});

test("runs this version's image as a user who can change nothing, with REDIS_URL from a Secret", () => {
  const { spec } = renderChart(everything).only("Deployment").spec.template;
  const [container] = spec.containers;

  expect(container.image).toBe(`contactswing-bff:${version}`);
  expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532 });
  expect(container.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  expect(container.env[0]).toEqual({ name: "REDIS_URL", valueFrom: { secretKeyRef: { name: "redis", key: "url" } } });
});

test("allows connections to DNS, ContactSwing and Redis only, and never to cloud metadata", () => {
  const { egress } = renderChart(everything).only("NetworkPolicy").spec;

  expect(egress.map(({ ports }: { ports: { port: number }[] }) => ports.map(({ port }) => port))).toEqual([
    [53, 53],
    [443],
    [6379],
  ]);
  expect(egress[1].to[0].ipBlock.except).toContain("169.254.0.0/16");
});
