// A closed load, as a process of its own: each connection sends its next request when it has received the response to
// the last one. For each `LoadSettings` that it receives, it sends back a `LoadReport`.
import { Agent, request } from "node:http";
import process from "node:process";

/** Either `seconds` or `requests` says how long the load lasts. */
export interface LoadSettings {
  readonly port: number;
  readonly connections: number;
  readonly seconds?: number;
  readonly requests?: number;
  /** Instead of a create request, a list request whose response has this many rows. */
  readonly rows?: number | undefined;
}

export interface LoadReport {
  readonly requests: number;
  readonly failed: number;
  /** Latencies in milliseconds: median, 99th percentile. */
  readonly p50: number;
  readonly p99: number;
}

const createMutation =
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
const createBody = JSON.stringify({ query: createMutation, operationName: "Create", variables: { input } });
const createToken = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSJ9.c2lnbmF0dXJl";
const listQuery =
  "query List { dataExtractionActions(first: 100) { edges { cursor node { id name type description isActive webhook " +
  "{ mandatory name description type syncData syncModule syncField } } } pageInfo { hasNextPage endCursor } } }";
const listBody = JSON.stringify({ query: listQuery });

function send({ port, rows }: LoadSettings, agent: Agent): Promise<boolean> {
  const body = rows === undefined ? createBody : listBody;
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    authorization: `Bearer ${rows === undefined ? createToken : `rows-${rows}`}`,
  };
  const isExpected = (text: string) =>
    rows === undefined ? text.includes('"4808cc67-') : text.split('"cursor"').length === rows + 1;
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path: "/graphql", method: "POST", agent, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.once("end", () => resolve(response.statusCode === 200 && isExpected(text)));
    });
    sent.once("error", reject);
    sent.end(body);
  });
}

async function load(settings: LoadSettings): Promise<LoadReport> {
  const { connections, seconds = Number.POSITIVE_INFINITY, requests = Number.POSITIVE_INFINITY } = settings;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const until = performance.now() + seconds * 1000;
  const latencies: number[] = [];
  let left = requests;
  let failed = 0;
  const connection = async () => {
    while (left-- > 0 && performance.now() < until) {
      const sentAt = performance.now();
      if (!(await send(settings, agent))) failed += 1;
      latencies.push(performance.now() - sentAt);
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  agent.destroy();
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { requests: latencies.length, failed, p50: at(0.5), p99: at(0.99) };
}

if (process.send) {
  process.once("disconnect", () => process.exit(0));
  process.on("message", async (settings: LoadSettings) => process.send?.(await load(settings)));
}
