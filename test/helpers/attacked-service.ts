import { readFileSync } from "node:fs";
import { Agent, type RequestOptions, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "@jest/globals";
import { onTestEnd } from "./cleanup.ts";
import { startProcess } from "./process.ts";
import { type Respond, startUpstream } from "./upstream.ts";

const typename = { path: "/graphql", body: '{"query":"{__typename}"}' };
const typenameResponse = '200 {"data":{"__typename":"Query"}}\n';
const liveness = { path: "/health/live" };
const livenessResponse = '200 {"status":"live"}';
const roundMs = 50;
const ordinaryRequests = 500;
const ticksPerSecond = 100;

/** The built service in front of an upstream, as its own process whose cost can be measured. */
export async function startAttacked(respond?: Respond, environment: Record<string, string> = {}) {
  const upstream = await startUpstream(respond);
  const service = await startProcess({ CONTACTSWING_URL: upstream.url, ...environment });
  const { url, child } = service;

  /** Of all threads, since the start. */
  function cpuSeconds(): number {
    const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
    // The name of the command is in parentheses and may contain spaces.
    const [userTicks, systemTicks] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13);
    return (Number(userTicks) + Number(systemTicks)) / ticksPerSecond;
  }

  async function sendOrdinaryRequests(): Promise<number> {
    const agent = createAgent();
    const before = cpuSeconds();
    for (let count = 0; count < ordinaryRequests; count += 1) await send(url, { ...typename, agent });
    return (cpuSeconds() - before) / ordinaryRequests;
  }

  // The first ones run code that is not compiled yet.
  await sendOrdinaryRequests();
  const ordinaryCpuSeconds = await sendOrdinaryRequests();

  return {
    ...service,
    upstream,
    cpuSeconds,
    /** What a request for `{__typename}` costs. */
    ordinaryCpuSeconds,
    /** The most that was ever resident. */
    peakResidentBytes(): number {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024;
    },
  };
}

/**
 * Somebody else: sends `{__typename}` on one connection, and asks for liveness on a new one each time, as Kubernetes does,
 * every 50 ms.
 */
export function startInnocentClient(url: string) {
  const agent = createAgent();
  const failures: string[] = [];
  let rounds = 0;
  let worstWaitMs = 0;
  let isStopped = false;

  async function runRound(): Promise<void> {
    const startedAt = performance.now();
    const responses = await Promise.all([send(url, { ...typename, agent }), send(url, { ...liveness, agent: false })]);
    worstWaitMs = Math.max(worstWaitMs, performance.now() - startedAt);
    rounds += 1;
    if (responses[0] !== typenameResponse) failures.push(`{__typename}: ${responses[0]}`);
    if (responses[1] !== livenessResponse) failures.push(`/health/live: ${responses[1]}`);
  }

  async function run(): Promise<void> {
    while (!isStopped) await Promise.all([runRound(), delay(roundMs)]);
    await runRound();
  }

  const running = run();
  return {
    /** Ends with one more round. Fails unless every request was served. */
    async expectServed(): Promise<void> {
      isStopped = true;
      await running;
      expect({ failures, rounds }).toEqual({ failures: [], rounds: expect.any(Number) });
    },
    failures,
    worstWaitMs: () => worstWaitMs,
  };
}

function createAgent(): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestEnd(async () => agent.destroy());
  return agent;
}

/** Sends a GET, or a POST of JSON. @returns the status and the body, or the code of the error. */
function send(url: string, { body, ...options }: RequestOptions & { body?: string }): Promise<string> {
  return new Promise((resolve) => {
    const headers = body === undefined ? {} : { "content-type": "application/json", "content-length": body.length };
    const method = body === undefined ? "GET" : "POST";
    const outgoing = request(url, { ...options, method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(`${response.statusCode} ${text}`));
      response.on("error", (error) => resolve(`${response.statusCode} ${error.message}`));
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    outgoing.end(body);
  });
}
