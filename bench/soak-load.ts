// An open load: requests leave at their time, however long the answers to the earlier ones take, as callers who know
// nothing of each other send them. A closed loop would slow down with the service and hide what it does to them.
import { Agent, request } from "node:http";

export interface Load {
  readonly url: string;
  readonly requestsPerSecond: number;
  readonly seconds: number;
  /** Bounds the connections; a request for which there is none waits, and its waiting counts. */
  readonly maxConnections: number;
  /** What every create's name begins with; a number makes it unique. */
  readonly namePrefix: string;
}

export interface LoadedCall {
  readonly name: string;
  /** `CREATED`, an error's code, or what went wrong below GraphQL. */
  readonly result: string;
  readonly durationMs: number;
}

const query =
  "mutation($i: CreateDataExtractionActionInput!) { createDataExtractionAction(input: $i) { action { id } } }";
const tickMs = 5;

/** Sends creates for a while and resolves with every one of them once the last is answered. */
export async function applyLoad({ url, requestsPerSecond, seconds, maxConnections, namePrefix }: Load) {
  const agent = new Agent({ keepAlive: true, maxSockets: maxConnections });
  const calls: Promise<LoadedCall>[] = [];
  const total = Math.round(requestsPerSecond * seconds);
  const startedAt = performance.now();

  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, ((performance.now() - startedAt) / 1000) * requestsPerSecond);
      while (calls.length < due) calls.push(create(url, `${namePrefix}-${calls.length}`, agent));
      if (calls.length < total) return;
      clearInterval(timer);
      resolve();
    }, tickMs);
  });
  const sentForMs = performance.now() - startedAt;
  const answers = await Promise.all(calls);
  const answeredAfterMs = performance.now() - startedAt;
  agent.destroy();
  return { answers, sentForMs, answeredAfterMs };
}

function create(url: string, name: string, agent: Agent): Promise<LoadedCall> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const end = (result: string) => resolve({ name, result, durationMs: performance.now() - startedAt });
    const headers = { "content-type": "application/json", authorization: "Bearer soak" };
    const sent = request(`${url}/graphql`, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => end("ANSWER_CUT_SHORT"));
      response.on("end", () => end(readResult(Buffer.concat(chunks).toString(), name)));
    });
    sent.on("error", () => end("NO_ANSWER"));
    sent.end(JSON.stringify({ query, variables: { i: { name, webhook: {} } } }));
  });
}

function readResult(text: string, name: string): string {
  try {
    const { data, errors } = JSON.parse(text);
    if (errors) return String(errors[0].extensions.code);
    return data.createDataExtractionAction.action.id === name ? "CREATED" : "ANSWER_OF_ANOTHER";
  } catch {
    return "ANSWER_NOT_READABLE";
  }
}
