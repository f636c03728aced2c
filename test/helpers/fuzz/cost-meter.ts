import { request } from "node:http";
import { createMutation, minimalInput } from "../graphql.ts";
import { eventually } from "../process.ts";
import { type ProductionProcess, startProductionProcess } from "../production-process.ts";
import { createdResponse, type Respond, startUpstream } from "../upstream.ts";
import { sendAndClose } from "./send-and-close.ts";

const warmUpRequests = 300;
const details = { name: "N", type: "SINGLEDATAEXTRACTION", description: "D", is_active: true, webhook: { name: "W" } };
const rows = Array.from({ length: 100 }, (_, index) => ({ id: `act-${index}`, ...details }));

/** ContactSwing with a thousand actions. */
const respond: Respond = ({ method, path }) => {
  if (method === "POST") return createdResponse;
  const page = Number(/[?&]page=(\d+)/.exec(path)?.[1]);
  if (Number.isNaN(page)) return { status: 200, body: { data: { id: path, ...details } } };
  const pagination = { current_page: page, per_page: 100, total_records: 1000, total_pages: 10, has_next: page < 10 };
  return { status: 200, body: { data: { data: rows, pagination } } };
};

export interface Cost {
  /** CPU time of the service, with that of an innocent request afterwards. */
  readonly cpuMs: number;
  readonly upstreamRequests: number;
  /** What was wrong besides the cost; undefined if nothing was. */
  readonly fault?: string;
}

export type CostMeter = Awaited<ReturnType<typeof startCostMeter>>;

/** The built service in front of an upstream, and what requests cost it. */
export async function startCostMeter(environment: Record<string, string>, entry?: string) {
  const upstream = await startUpstream(respond);
  let ordinaryCount = 0;
  let service: ProductionProcess;

  async function start() {
    service = await startProductionProcess({ CONTACTSWING_URL: upstream.url, ...environment }, entry);
    for (let count = 0; count < warmUpRequests; count += 1) await measureOrdinary();
  }

  async function measure(bytes: Uint8Array): Promise<Cost> {
    upstream.received.length = 0;
    const before = await service.readCpuMs();
    const response = await sendAndClose(service.url, bytes);
    const isServing = await eventually(async () => !service.isAlive() || (await isServed(service.url))).catch(
      () => false,
    );
    const failed = { cpuMs: Number.POSITIVE_INFINITY, upstreamRequests: 0 };
    if (!service.isAlive()) return { ...failed, fault: "ended the process" };
    if (!isServing) return { ...failed, fault: "kept others from being served" };
    const cpuMs = (await service.readCpuMs()) - before;
    const upstreamRequests = upstream.received.length;
    if (response === undefined) return { cpuMs, upstreamRequests, fault: "got no response" };
    const isBug = response.includes('"code":"INTERNAL_SERVER_ERROR"');
    return { cpuMs, upstreamRequests, ...(isBug && { fault: "caused an internal error" }) };
  }

  /** A create request, each with another document. */
  function measureOrdinary(): Promise<Cost> {
    ordinaryCount += 1;
    const body = JSON.stringify({ query: `${createMutation}#${ordinaryCount}`, variables: { input: minimalInput } });
    const headers = ["Host: a", "Authorization: Bearer t", "Content-Type: application/json", "Connection: close"];
    const head = ["POST /graphql HTTP/1.1", ...headers, `Content-Length: ${body.length}`].join("\r\n");
    return measure(Buffer.from(`${head}\r\n\r\n${body}`));
  }

  await start();
  return {
    measure,
    measureOrdinary,
    isAlive: () => service.isAlive(),
    restart: start,
    /** The lines of the log that say that something is a bug. */
    bugs: () => service.output().match(/^.*INTERNAL_SERVER_ERROR.*$/gm) ?? [],
  };
}

/** Whether a request of another client gets its response. */
function isServed(url: string): Promise<boolean> {
  const body = '{"query":"{__typename}"}';
  return new Promise((resolve) => {
    const sent = request(
      `${url}/graphql`,
      { method: "POST", headers: { "content-type": "application/json" } },
      (response) => {
        response.resume().once("end", () => resolve(response.statusCode === 200));
      },
    );
    sent.once("error", () => resolve(false));
    sent.end(body);
  });
}
