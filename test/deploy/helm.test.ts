import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { readConfig } from "../../src/config.ts";
import { chart, defaultValues, findValueProblems, type Manifest, mergeValues, renderChart } from "../helpers/chart.ts";
import { bare, everything } from "../helpers/chart-values.ts";
import { findManifestProblems } from "../helpers/kubernetes.ts";

const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));

const commonKinds = ["ConfigMap", "Deployment", "Service"];
const guards = ["HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget", "ServiceAccount"];

test.each([
  ["its own values", {}, [...commonKinds, ...guards]],
  ["every option on", everything, [...commonKinds, ...guards, "PrometheusRule", "ServiceMonitor"]],
  ["every option off", bare, commonKinds],
])("renders manifests that Kubernetes takes with %s", async (_what, values, kinds) => {
  const { manifests } = renderChart(values);

  expect(manifests.map(({ kind }) => kind).toSorted()).toEqual(kinds.toSorted());
  expect(await findManifestProblems(manifests)).toEqual([]);
});

test.each<[string, (spec: Manifest) => void, RegExp]>([
  [
    "a misspelt field",
    ({ template }) => Object.assign(template.spec.containers[0], { envfrom: [] }),
    /'"envfrom"' does not exist in type 'IContainer'/,
  ],
  ["a wrong type", (spec) => Object.assign(spec, { replicas: "two" }), /spec\/replicas must be integer/],
  [
    "an unknown word",
    ({ strategy }) => Object.assign(strategy, { type: "Rolling" }),
    /strategy\/type must be equal to one/,
  ],
  ["a missing field", (spec) => Reflect.deleteProperty(spec, "selector"), /spec must have required property selector/],
])("its check of manifests finds %s", async (_what, breakSpec, problem) => {
  const deployment = renderChart().only("Deployment");
  breakSpec(deployment.spec);

  expect(await findManifestProblems([deployment])).toContainEqual(expect.stringMatching(problem));
});

/** The environment that the container gets from the ConfigMap. */
function readEnvironment(values: object): Record<string, string> {
  return renderChart({ ...values }).only("ConfigMap").data;
}

test("its own settings are the service's defaults in production", () => {
  expect(readEnvironment({})).toHaveProperty("SHUTDOWN_GRACE_MS");
  expect(readConfig({ NODE_ENV: "production", ...readEnvironment({}) })).toEqual(
    readConfig({ NODE_ENV: "production" }),
  );
});

test("hands every setting over as the service reads it", () => {
  const config = readConfig({ NODE_ENV: "production", ...readEnvironment(everything) });

  expect(config).toMatchObject({
    contactSwingUrl: "https://contactswing.example/api",
    maxInFlight: 1_000_000,
    idempotencyTtlSeconds: 31_536_000,
    jwksUrl: "https://issuer.example/keys",
    jwtIssuer: "https://issuer.example/",
    jwtAudience: "bff",
    corsOrigins: ["https://a.example", "https://b.example"],
    playground: true,
    logLevel: "debug",
  });
});

test("has a value for every variable of the service, and REDIS_URL from a Secret", () => {
  const documented = readFileSync(new URL("../../README.md", import.meta.url), "utf8")
    .split("\n")
    .flatMap((line) => /^\| (`[A-Z`, _]+`)/.exec(line)?.[1]?.match(/[A-Z_]+/g) ?? []);
  const { config } = defaultValues() as { config: object };
  const [container] = renderChart(everything).only("Deployment").spec.template.spec.containers;

  expect([...Object.keys(config), "REDIS_URL"].toSorted()).toEqual(documented.toSorted());
  expect(container.env).toEqual([
    { name: "REDIS_URL", valueFrom: { secretKeyRef: { name: "redis", key: "address" } } },
    everything.extraEnv[0],
  ]);
  expect(container.envFrom).toEqual([{ configMapRef: { name: "bff-actions" } }]);
  expect(JSON.stringify(renderChart(everything).manifests)).not.toContain("redis://");
});

test("gives a pod time to drain before it is killed, rounded up", () => {
  const seconds = (config: object, terminationMarginSeconds = 5) =>
    renderChart({ config, terminationMarginSeconds }).only("Deployment").spec.template.spec
      .terminationGracePeriodSeconds;

  expect(seconds({})).toBe(3 + 15 + 5);
  expect(seconds({ SHUTDOWN_DELAY_MS: 5001, SHUTDOWN_GRACE_MS: 2_000_000 }, 10)).toBe(2006 + 10);
});

test("runs as nobody who can change anything", () => {
  const { spec } = renderChart().only("Deployment").spec.template;

  expect(spec.securityContext).toEqual({
    runAsNonRoot: true,
    runAsUser: 65532,
    runAsGroup: 65532,
    seccompProfile: { type: "RuntimeDefault" },
  });
  expect(spec.containers[0].securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  expect(spec.automountServiceAccountToken).toBe(false);
  expect(renderChart().only("ServiceAccount").automountServiceAccountToken).toBe(false);
  const dockerfile = readFileSync(new URL("../../Dockerfile", import.meta.url), "utf8");
  expect(dockerfile).toContain(`\nUSER ${spec.securityContext.runAsUser}:${spec.securityContext.runAsGroup}\n`);
});

test("asks the service's own health paths on its own port", () => {
  const [container] = renderChart({ config: { PORT: 8080 } }).only("Deployment").spec.template.spec.containers;

  expect(container.ports).toEqual([{ name: "http", containerPort: 8080, protocol: "TCP" }]);
  const paths = ["startupProbe", "livenessProbe", "readinessProbe"].map((probe) => container[probe].httpGet);
  expect(paths).toEqual([
    { path: "/health/live", port: "http" },
    { path: "/health/live", port: "http" },
    { path: "/health/ready", port: "http" },
  ]);
});

test("selects its own pods everywhere, and no other release's", () => {
  const rendered = renderChart(everything, "green");
  const labels = { "app.kubernetes.io/name": "actions", "app.kubernetes.io/instance": "green" };
  const deployment = rendered.only("Deployment");

  expect(deployment.spec.selector.matchLabels).toEqual(labels);
  expect(deployment.spec.template.metadata.labels).toMatchObject({ ...labels, team: "actions" });
  expect(rendered.only("Service").spec.selector).toEqual(labels);
  expect(rendered.only("PodDisruptionBudget").spec.selector.matchLabels).toEqual(labels);
  expect(rendered.only("NetworkPolicy").spec.podSelector.matchLabels).toEqual(labels);
  expect(rendered.only("ServiceMonitor").spec.selector.matchLabels).toEqual(labels);
  for (const { labelSelector } of deployment.spec.template.spec.topologySpreadConstraints) {
    expect(labelSelector.matchLabels).toEqual(labels);
  }
  expect(rendered.only("HorizontalPodAutoscaler").spec.scaleTargetRef.name).toBe(deployment.metadata.name);
});

test("leaves the number of replicas to the autoscaler, or says it itself", () => {
  expect(renderChart().only("Deployment").spec).not.toHaveProperty("replicas");
  expect(renderChart(bare).only("Deployment").spec.replicas).toBe(1);
});

test("scales by the processor, and by calls under way when told to", () => {
  const metrics = (values: object) => renderChart({ ...values }).only("HorizontalPodAutoscaler").spec.metrics;
  const cpu = { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 70 } } };
  const metric = { name: "contactswing_bff_upstream_requests_in_flight" };

  expect(metrics({})).toEqual([cpu]);
  expect(metrics(everything)).toEqual([
    cpu,
    { type: "Pods", pods: { metric, target: { type: "AverageValue", averageValue: "128" } } },
  ]);
});

test("lets nobody out but to names, ContactSwing and Redis, and never to cloud metadata", () => {
  const ports = (values: object) =>
    renderChart({ ...values })
      .only("NetworkPolicy")
      .spec.egress.map((rule: { ports: { port: number }[] }) => rule.ports.map(({ port }) => port));
  const [, upstream] = renderChart().only("NetworkPolicy").spec.egress;

  expect(ports({})).toEqual([[53, 53], [443]]);
  expect(ports(everything)).toEqual([[53, 53], [443], [6379], [4318]]);
  expect(upstream.to[0].ipBlock.except).toContain("169.254.0.0/16");
});

test("rolls its pods when a setting changes, and not otherwise", () => {
  const checksum = (config: object) =>
    renderChart({ config }).only("Deployment").spec.template.metadata.annotations["checksum/config"];

  expect(checksum({ LOG_LEVEL: "warn" })).not.toBe(checksum({}));
  expect(checksum({})).toBe(checksum({}));
});

test("takes the image of this version, a tag, or a digest above both", () => {
  const image = (values: object) =>
    renderChart({ image: values }).only("Deployment").spec.template.spec.containers[0].image;

  expect(image({})).toBe(`contactswing-bff:${version}`);
  expect(image({ tag: "1.2.3" })).toBe("contactswing-bff:1.2.3");
  expect(image({ tag: "1.2.3", digest: everything.image.digest })).toBe(`contactswing-bff@${everything.image.digest}`);
  expect(chart.appVersion).toBe(version);
});

test("brings alert rules as they are, and refuses to make a rule without any", () => {
  const rule = renderChart(everything).only("PrometheusRule");

  expect(rule.spec.groups[0].rules[0].annotations.summary).toBe("{{ $labels.instance }} is down");
  expect(() => renderChart({ prometheusRule: { enabled: true } })).toThrow("--set-file prometheusRule.rules");
});

test("warns of what a default install lacks, and only then", () => {
  const { notes } = renderChart();
  const calm = renderChart({ redis: { existingSecret: "redis" } }).notes;
  const careless = renderChart({ config: { PLAYGROUND: true, SHUTDOWN_GRACE_MS: 11_999 } }).notes;

  expect(notes).toContain("WARNING: up to 10 replicas and no redis.existingSecret");
  expect(calm).not.toContain("WARNING");
  expect(calm).toContain("http://bff-contactswing-bff.graph.svc:80/graphql");
  expect(careless).toContain("WARNING: SHUTDOWN_GRACE_MS is less");
  expect(careless).toContain("WARNING: PLAYGROUND is on");
  expect(renderChart(bare).notes).not.toContain("WARNING");
});

test.each([
  ["a misspelt value", { autoscalling: {} }, "must NOT have additional properties"],
  ["a misspelt variable", { config: { MAX_INFLIGHT: 1 } }, "must NOT have additional properties"],
  ["a number as text", { config: { UPSTREAM_TIMEOUT_MS: "10s" } }, "/config/UPSTREAM_TIMEOUT_MS must be integer"],
  ["a Redis URL, which may hold a password", { config: { REDIS_URL: "redis://a" } }, "must NOT have additional"],
  ["an upstream that is no http(s) URL", { config: { CONTACTSWING_URL: "ftp://a" } }, "must match pattern"],
  ["a port that needs root", { config: { PORT: 80 } }, "must be >= 1024"],
  ["an unknown log level", { config: { LOG_LEVEL: "loud" } }, "must be equal to one of the allowed values"],
  ["the tag latest", { image: { tag: "latest" } }, "must NOT be valid"],
  ["a digest that is none", { image: { digest: "abc" } }, "must match pattern"],
  ["a fraction that is no text", { config: { OTEL_TRACES_SAMPLER_ARG: 0.1 } }, "must be string"],
  ["a drain time taken away", { config: { SHUTDOWN_GRACE_MS: null } }, "must have required property"],
])("refuses %s", (_what, values, problem) => {
  const problems = findValueProblems(mergeValues(defaultValues(), values));

  expect(problems).toContainEqual(expect.stringContaining(problem));
  expect(() => renderChart(values)).toThrow("the values break the schema");
});

test("describes every value in its schema", () => {
  const schema = JSON.parse(
    readFileSync(new URL("../../deploy/helm/contactswing-bff/values.schema.json", import.meta.url), "utf8"),
  );

  expect(Object.keys(schema.properties).filter((name) => name !== "global")).toEqual(Object.keys(defaultValues()));
});
