import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { expect, test } from "@jest/globals";
import { createMutation, minimalInput, onlyError, send } from "../helpers/graphql.ts";
import { startService } from "../helpers/service.ts";
import { createdResponse, startUpstream } from "../helpers/upstream.ts";
import { readYaml } from "../helpers/yaml-file.ts";
import { startHiveGateway } from "./gateway.ts";
import { printSupergraph, supergraphFile } from "./supergraph.ts";

interface ComposeFile {
  readonly services: {
    readonly gateway: {
      readonly image: string;
      readonly command: readonly string[];
      readonly volumes: readonly string[];
    };
  };
}

const { gateway } = readYaml<ComposeFile>("deploy/compose.yaml").services;

test("the supergraph is composed from schema.graphql (`npm run schema:supergraph` writes it)", () => {
  expect(readFileSync(supergraphFile, "utf8")).toBe(printSupergraph());
});

test("the gateway forwards the client's token and request ID, and passes on errors with their extensions", async () => {
  // What runs below is what is in that image.
  const { devDependencies } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));
  expect(gateway.image).toBe(`ghcr.io/graphql-hive/gateway:${devDependencies["@graphql-hive/gateway"]}`);
  const files = Object.fromEntries(
    gateway.volumes.map((volume) => {
      const [source = "", target = "", mode] = volume.split(":");
      expect(mode).toBe("ro");
      // The image's working folder, in which the gateway looks for its files.
      expect(dirname(target)).toBe("/gateway");
      return [basename(target), readFileSync(new URL(source, new URL("../../deploy/", import.meta.url)), "utf8")];
    }),
  );
  const supergraph = files["supergraph.graphql"] ?? "";
  expect(supergraph).toContain('url: "http://bff:4000/graphql"');
  const upstream = await startUpstream(({ body }) =>
    body.includes("rejected") ? { status: 429, headers: { "retry-after": "7" } } : createdResponse,
  );
  const { url } = await startService({ CONTACTSWING_URL: upstream.url });
  const gatewayUrl = await startHiveGateway(gateway.command, {
    ...files,
    "supergraph.graphql": supergraph.replace("http://bff:4000", url),
  });
  const create = (name: string) =>
    send(
      gatewayUrl,
      { query: createMutation, variables: { input: { ...minimalInput, name } } },
      { authorization: "Bearer mine", "x-request-id": "through-1" },
    );

  const created = await create("accepted");
  const rejected = await create("rejected");

  expect(created.body.data.createDataExtractionAction.action.id).toBe("act-1");
  expect(upstream.received.map(({ headers }) => [headers.authorization, headers["x-request-id"]])).toEqual([
    ["Bearer mine", "through-1"],
    ["Bearer mine", "through-1"],
  ]);
  expect(onlyError(rejected).extensions).toMatchObject({
    code: "RATE_LIMITED",
    outcome: "NOT_CREATED",
    retryable: true,
    retryAfterSeconds: 7,
    requestId: "through-1",
  });
});
