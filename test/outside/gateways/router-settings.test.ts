import type { GatewayCLIConfig } from "@graphql-hive/gateway";
import { expect, test } from "@jest/globals";
import { gatewayConfig as composeGatewayConfig } from "../../../deploy/compose/gateway.config.ts";
import { gatewayConfig } from "../../../deploy/router/gateway.config.ts";
import { describeFailure } from "../../../src/graphql/public-error.ts";
import { postAction } from "../../../src/operations/create-data-extraction-action/operation.ts";
import { readYaml } from "../../helpers/yaml-file.ts";
import { forwardedHeaders } from "./forwarded-headers.ts";

// biome-ignore lint/suspicious/noExplicitAny: each file has a format of its own
const read = (file: string) => readYaml<any>(`deploy/router/${file}`);

/** Every extension that an error of the service can have. */
const extensionNames = Object.keys(
  describeFailure(
    { kind: "input-rejected", fieldErrors: [], retryAfterSeconds: 1, upstream: { status: 422, ctxId: null } },
    { operation: postAction, hasSucceeded: false },
    "id",
  ).extensions ?? {},
).sort();

type Timeouts = Record<"REQUEST_TIMEOUT_MS" | "UPSTREAM_CONNECT_TIMEOUT_MS" | "UPSTREAM_TIMEOUT_MS", number>;
const { config } = readYaml<{ config: Timeouts }>("deploy/helm/contactswing-bff/values.yaml");
// A create request that is sent just before the deadline of its GraphQL request is awaited.
const longestResponseMs = config.REQUEST_TIMEOUT_MS + config.UPSTREAM_CONNECT_TIMEOUT_MS + config.UPSTREAM_TIMEOUT_MS;

const toMs = (text: string) => Number(/^(\d+)s$/.exec(text)?.[1]) * 1000;

test("Apollo Router forwards what this subgraph needs, passes on its errors, and outwaits it", () => {
  const { headers, include_subgraph_errors: errors, traffic_shaping: timeouts } = read("apollo-router.yaml");

  const request = forwardedHeaders.map((named) => ({ propagate: { named } }));
  expect(headers).toEqual({ subgraphs: { contactswing: { request } } });
  // A boolean for all would allow nothing but booleans for one.
  expect(errors.all).toEqual({ redact_message: true, allow_extensions_keys: [] });
  expect(errors.subgraphs.contactswing.redact_message).toBe(false);
  expect(errors.subgraphs.contactswing.allow_extensions_keys.sort()).toEqual(extensionNames);
  expect(toMs(timeouts.subgraphs.contactswing.timeout)).toBeGreaterThan(longestResponseMs);
  expect(toMs(timeouts.router.timeout)).toBeGreaterThan(toMs(timeouts.subgraphs.contactswing.timeout));
});

test("Cosmo Router forwards what this subgraph needs, passes on its errors, and outwaits it", () => {
  const { headers, subgraph_error_propagation: errors, traffic_shaping: timeouts } = read("cosmo-router.yaml");

  // It compares names in Go's canonical form.
  const toCanonical = (name: string) => name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase());
  const request = forwardedHeaders.map((name) => ({ op: "propagate", named: toCanonical(name) }));
  expect(headers).toEqual({ subgraphs: { contactswing: { request } } });
  expect(errors).toMatchObject({ enabled: true, mode: "pass-through" });
  expect(errors.allowed_extension_fields.sort()).toEqual(extensionNames);
  expect(toMs(timeouts.subgraphs.contactswing.request_timeout)).toBeGreaterThan(longestResponseMs);
});

// What they forward is tested in gateways.test.ts and compose-gateway.test.ts, which run them.
test.each<[string, GatewayCLIConfig]>([
  ["deploy/router", gatewayConfig],
  ["deploy/compose", composeGatewayConfig],
])("the settings of Hive Gateway in %s wait longer than the service may take, and retry nothing", (_, settings) => {
  expect(settings.upstreamTimeout).toBeGreaterThan(longestResponseMs);
  expect(settings).not.toHaveProperty("upstreamRetry");
});

// That the schema composes is in compose-gateway.test.ts.
test("the composition files of rover and wgc name this subgraph and its schema", () => {
  const subgraph = { routing_url: "http://contactswing-bff:4000/graphql", schema: { file: "../../schema.graphql" } };

  expect(read("supergraph.yaml").subgraphs).toEqual({ contactswing: subgraph });
  expect(read("cosmo-graph.yaml").subgraphs).toEqual([{ name: "contactswing", ...subgraph }]);
});
