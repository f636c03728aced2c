// A ContactSwing that answers every create at once and the same: what it costs is not what is measured.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const body = JSON.stringify({
  ctx_id: "eb427c29-b818-4dca-bcab-7f420f30e51a",
  data: { action_id: "4808cc67-194e-4dfc-97ad-146ddf3d4126", name: "Interest", type: "SINGLEDATAEXTRACTION" },
});
const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };

const server = createServer((request, response) => {
  request.resume().once("end", () => response.writeHead(201, headers).end(body));
});
server.keepAliveTimeout = 60_000;
process.once("disconnect", () => process.exit(0));
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
