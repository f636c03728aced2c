import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { expect, test } from "@jest/globals";
import { onTestEnd } from "../../helpers/cleanup.ts";
import { authorized, create, onlyError } from "../../helpers/graphql.ts";
import { startSandboxedService } from "../../helpers/service.ts";
import { readYaml } from "../../helpers/yaml-file.ts";
import { startHiveGateway } from "./gateway.ts";

type Service = Readonly<{ image: string; command: readonly string[]; volumes: readonly string[] }>;
const { gateway } = readYaml<{ services: { gateway: Service } }>("deploy/compose.yaml").services;
const readFile = (path: string, base: string | URL = import.meta.url) => readFileSync(new URL(path, base), "utf8");

test("the gateway forwards what identifies the client and its request, and passes on errors with their extensions", async () => {
  // What runs below is what is in that image.
  const { devDependencies } = JSON.parse(readFile("../package.json"));
  expect(gateway.image).toBe(`ghcr.io/graphql-hive/gateway:${devDependencies["@graphql-hive/gateway"]}`);
  const files = Object.fromEntries(
    gateway.volumes.map((volume) => {
      const [source = "", target = "", mode] = volume.split(":");
      // The image's working folder, in which the gateway looks for its files.
      expect([dirname(target), mode]).toEqual(["/gateway", "ro"]);
      return [basename(target), readFile(source, new URL("../../../deploy/", import.meta.url))];
    }),
  );
  const { url, lines } = await startSandboxedService();
  const supergraph = String(files["supergraph.graphql"]).replace("http://bff:4000/graphql", `${url}/graphql`);
  expect(supergraph).toContain(url);
  const { url: gatewayUrl, stop } = await startHiveGateway(gateway.command, {
    ...files,
    "supergraph.graphql": supergraph,
  });
  onTestEnd(stop);

  const created = await create(gatewayUrl, { name: "A", webhook: {} });
  const headers = {
    ...authorized,
    "x-request-id": "through-1",
    "apollographql-client-name": "back-office",
    "apollographql-client-version": "1.2.3",
  };
  const rejected = await create(gatewayUrl, { name: "sandbox:429", webhook: {} }, headers);

  expect(created.body.data.createDataExtractionAction.action.name).toBe("A");
  expect(onlyError(rejected).extensions).toMatchObject({
    code: "RATE_LIMITED",
    outcome: "NOT_CREATED",
    retryable: true,
    retryAfterSeconds: 5,
    requestId: "through-1",
  });
  expect(lines()).toContainEqual(
    expect.objectContaining({
      "http.request.id": "through-1",
      "graphql.client.name": "back-office",
      "graphql.client.version": "1.2.3",
    }),
  );
});
