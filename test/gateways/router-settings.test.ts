import { readFileSync } from "node:fs";
import type { GatewayCLIConfig } from "@graphql-hive/gateway";
import { describe, expect, test } from "@jest/globals";
import { parse } from "yaml";
import { gatewayConfig as composeGatewayConfig } from "../../deploy/compose/gateway.config.ts";
import { gatewayConfig } from "../../deploy/router/gateway.config.ts";
import { readConfig } from "../../src/config.ts";
import { describeFailure } from "../../src/graphql/public-error.ts";
import { composers } from "./composition.ts";

const folder = new URL("../../deploy/router/", import.meta.url);
const read = (file: string) => parse(readFileSync(new URL(file, folder), "utf8"));

/** Every extension that an error of the service can have. */
const extensionNames = Object.keys(
  describeFailure(
    { kind: "input-rejected", fieldErrors: [], retryAfterSeconds: 1, upstream: { status: 422, ctxId: null } },
    "create",
    "id",
  ).extensions ?? {},
).sort();

/** A create request and the read of its details after it. */
const { upstreamTimeoutMs, upstreamConnectTimeoutMs } = readConfig({});
const longestResponseMs = 2 * (upstreamTimeoutMs + upstreamConnectTimeoutMs);

const toMs = (text: string) => Number(/^(\d+)s$/.exec(text)?.[1]) * 1000;

describe("the settings of Apollo Router", () => {
  const settings = read("apollo-router.yaml");

  test("forward the caller's token and request ID, to this subgraph only", () => {
    expect(settings.headers).toEqual({
      subgraphs: {
        contactswing: {
          request: [{ propagate: { named: "authorization" } }, { propagate: { named: "x-request-id" } }],
        },
      },
    });
  });

  test("pass on every extension of this subgraph's errors, and their messages", () => {
    const { all, subgraphs } = settings.include_subgraph_errors;

    expect(subgraphs.contactswing.redact_message).toBe(false);
    expect(subgraphs.contactswing.allow_extensions_keys.sort()).toEqual(extensionNames);
    // A boolean for all would allow nothing but booleans for one.
    expect(all).toEqual({ redact_message: true, allow_extensions_keys: [] });
  });

  test("wait longer than the service may take", () => {
    const { router, subgraphs } = settings.traffic_shaping;

    expect(toMs(subgraphs.contactswing.timeout)).toBeGreaterThan(longestResponseMs);
    expect(toMs(router.timeout)).toBeGreaterThan(toMs(subgraphs.contactswing.timeout));
  });
});

describe("the settings of Cosmo Router", () => {
  const settings = read("cosmo-router.yaml");

  test("forward the caller's token and request ID, to this subgraph only", () => {
    expect(settings.headers).toEqual({
      subgraphs: {
        contactswing: {
          request: [
            { op: "propagate", named: "Authorization" },
            { op: "propagate", named: "X-Request-Id" },
          ],
        },
      },
    });
  });

  test("pass on every extension of errors, unwrapped", () => {
    const { enabled, mode, allowed_extension_fields } = settings.subgraph_error_propagation;

    expect({ enabled, mode }).toEqual({ enabled: true, mode: "pass-through" });
    expect(allowed_extension_fields.sort()).toEqual(extensionNames);
  });

  test("wait longer than the service may take", () => {
    const { request_timeout } = settings.traffic_shaping.subgraphs.contactswing;

    expect(toMs(request_timeout)).toBeGreaterThan(longestResponseMs);
  });
});

// What they let through is tested in gateways.test.ts and compose-gateway.test.ts, which run them.
test.each<[string, GatewayCLIConfig]>([
  ["deploy/router", gatewayConfig],
  ["deploy/compose", composeGatewayConfig],
])("the settings of Hive Gateway in %s wait longer than the service may take, and retry nothing", (_, settings) => {
  expect(settings.upstreamTimeout).toBeGreaterThan(longestResponseMs);
  expect(settings).not.toHaveProperty("upstreamRetry");
});

test.each([
  ["rover", () => Object.entries(read("supergraph.yaml").subgraphs)],
  ["wgc", () => read("cosmo-graph.yaml").subgraphs.map((subgraph: { name: string }) => [subgraph.name, subgraph])],
])("the composition file of %s names this subgraph and a schema that composes", (_tool, readSubgraphs) => {
  const [[name, { routing_url, schema }], ...others] = readSubgraphs();

  expect({ name, routing_url, others }).toEqual({
    name: "contactswing",
    routing_url: "http://contactswing-bff:4000/graphql",
    others: [],
  });
  const sdl = readFileSync(new URL(schema.file, folder), "utf8");
  expect(composers["@apollo/composition"]([{ name, url: routing_url, sdl }]).problems).toEqual([]);
});
