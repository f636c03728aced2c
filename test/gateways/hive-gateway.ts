// Hive Gateway with the settings of deploy/router, as a process of its own: `node hive-gateway.ts <supergraph file>`
// prints its URL once it listens.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { createGatewayRuntime } from "@graphql-hive/gateway-runtime";
import { gatewayConfig } from "../../deploy/router/gateway.config.ts";

const gateway = createGatewayRuntime({
  ...gatewayConfig,
  supergraph: readFileSync(process.argv[2] ?? "", "utf8"),
  logging: "error",
});
const server = createServer(gateway);
server.listen(0, "127.0.0.1", () => {
  process.stdout.write(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
