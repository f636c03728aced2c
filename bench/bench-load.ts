// A closed load, as a process of its own: each connection sends its next create when it has the answer to the last.
// One order, { port, connections, seconds } or { port, connections, calls }, is answered by the latencies.
import { Agent, request } from "node:http";
import process from "node:process";

export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  readonly seconds?: number;
  readonly calls?: number;
}

export interface LoadReport {
  readonly calls: number;
  readonly failed: number;
  /** Latencies in milliseconds: median, 99th percentile. */
  readonly p50: number;
  readonly p99: number;
}

const query =
  "mutation Create($input: CreateDataExtractionActionInput!) { createDataExtractionAction(input: $input) " +
  "{ ctxId action { id name type } } }";
const input = {
  name: "Interest in buying",
  description: "Trigger this action if the user requests data extraction.",
  actionTiming: "DURING",
  type: "SINGLEDATAEXTRACTION",
  webhook: {
    mandatory: true,
    name: "interested",
    description: "user interested in buying the product",
    type: "YES_NO",
    syncData: true,
    syncModule: "customers",
    syncField: "customer_timezone",
  },
};
const body = JSON.stringify({ query, operationName: "Create", variables: { input } });
const headers = {
  "content-type": "application/json",
  "content-length": Buffer.byteLength(body),
  authorization: "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl",
};

function send(port: number, agent: Agent): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path: "/graphql", method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.once("end", () => resolve(response.statusCode === 200 && text.includes('"4808cc67-')));
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

async function load({ port, connections, seconds = Number.POSITIVE_INFINITY, calls }: LoadOrder): Promise<LoadReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const until = performance.now() + seconds * 1000;
  const latencies: number[] = [];
  let left = calls ?? Number.POSITIVE_INFINITY;
  let failed = 0;
  const connection = async () => {
    while (left-- > 0 && performance.now() < until) {
      const sentAt = performance.now();
      if (!(await send(port, agent))) failed += 1;
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { calls: latencies.length, failed, p50: at(0.5), p99: at(0.99) };
}

if (process.send) {
  process.once("disconnect", () => process.exit(0));
  process.on("message", async (order: LoadOrder) => process.send?.(await load(order)));
}
