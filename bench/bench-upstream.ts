// A fake ContactSwing that responds at once. A GET request's token says how many rows its list has: `rows-100`.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";

const created = JSON.stringify({
  ctx_id: "eb427c29-b818-4dca-bcab-7f420f30e51a",
  data: { action_id: "4808cc67-194e-4dfc-97ad-146ddf3d4126", name: "Interest", type: "SINGLEDATAEXTRACTION" },
});
const row = {
  name: "Interest in buying",
  description: "Trigger this action if the user requests data extraction.",
  type: "SINGLEDATAEXTRACTION",
  is_active: true,
  webhook: {
    mandatory: true,
    name: "interested",
    description: "user interested in buying the product",
    type: "yes/no",
    sync_data: true,
    sync_module: "customers",
    sync_field: "customer_timezone",
  },
};

const lists = new Map<string, string>();
function list(authorization: string): string {
  const body = lists.get(authorization) ?? createList(Number(authorization.replace("Bearer rows-", "")));
  lists.set(authorization, body);
  return body;
}

function createList(length: number): string {
  const data = Array.from({ length }, (_, index) => ({ id: `4808cc67-194e-4dfc-97ad-${1e11 + index}`, ...row }));
  return JSON.stringify({ data: { data, pagination: { current_page: 1, per_page: 100, has_next: false } } });
}

const server = createServer((request, response) => {
  const isCreate = request.method === "POST";
  const body = isCreate ? created : list(request.headers.authorization ?? "");
  const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
  request.resume().once("end", () => response.writeHead(isCreate ? 201 : 200, headers).end(body));
});
server.keepAliveTimeout = 60_000;
process.once("disconnect", () => process.exit(0));
server.listen(0, "127.0.0.1", () => process.send?.({ port: (server.address() as AddressInfo).port }));
