const rules = `groups:
  - name: contactswing-bff
    rules:
      - alert: Down
        expr: up{job="contactswing-bff"} == 0
        for: 5m
        annotations:
          summary: "{{ $labels.instance }} is down"
`;

/** Values with every option on: every template, every branch. */
export const everything = {
  nameOverride: "actions",
  image: { repository: "registry.example/bff", digest: `sha256:${"a1".repeat(32)}`, pullPolicy: "Always" },
  imagePullSecrets: [{ name: "registry" }],
  config: {
    CONTACTSWING_URL: "https://contactswing.example/api",
    MAX_IN_FLIGHT: 1_000_000,
    IDEMPOTENCY_TTL_SECONDS: 31_536_000,
    JWKS_URL: "https://issuer.example/keys",
    JWT_ISSUER: "https://issuer.example/",
    JWT_AUDIENCE: "bff",
    CORS_ORIGINS: "https://a.example,https://b.example",
    PLAYGROUND: true,
    LOG_LEVEL: "debug",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318",
    OTEL_TRACES_SAMPLER_ARG: "0.1",
  },
  autoscaling: { targetUpstreamRequestsInFlight: 128 },
  redis: { existingSecret: "redis", secretKey: "address" },
  extraEnv: [{ name: "OTEL_EXPORTER_OTLP_HEADERS", valueFrom: { secretKeyRef: { name: "otlp", key: "headers" } } }],
  extraVolumes: [{ name: "keys", configMap: { name: "jwks" } }],
  extraVolumeMounts: [{ name: "keys", mountPath: "/etc/jwks", readOnly: true }],
  service: { type: "LoadBalancer", port: 8080, annotations: { "example.com/internal": "true" } },
  serviceAccount: { name: "custom", annotations: { "example.com/identity": "bff" } },
  networkPolicy: {
    dns: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } }],
    redis: { to: [{ podSelector: { matchLabels: { app: "redis" } } }] },
    extraEgress: [{ ports: [{ protocol: "TCP", port: 4318 }], to: [{ podSelector: {} }] }],
  },
  serviceMonitor: { enabled: true, labels: { release: "prometheus" } },
  prometheusRule: { enabled: true, labels: { release: "prometheus" }, rules },
  podAnnotations: { "example.com/owner": "actions" },
  podLabels: { team: "actions" },
  nodeSelector: { "kubernetes.io/os": "linux" },
  tolerations: [{ key: "spot", operator: "Exists", effect: "NoSchedule" }],
  affinity: { nodeAffinity: {} },
  priorityClassName: "high",
};

/** Values with every option off. */
export const bare = {
  autoscaling: { enabled: false },
  podDisruptionBudget: { enabled: false },
  networkPolicy: { enabled: false },
  serviceAccount: { create: false },
  topologySpread: [],
  replicaCount: 1,
};
