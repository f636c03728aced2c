// An open load: requests are sent on schedule, however long the earlier ones take, as independent callers send them. A
// closed loop would slow down with the service and hide what it does to them.
import { Agent, request } from "node:http";

export interface Load {
  readonly url: string;
  readonly requestsPerSecond: number;
  readonly seconds: number;
  /** A request waits while all connections are in use, and that counts in its duration. */
  readonly maxConnections: number;
  /** Each action's name is this and a number. */
  readonly namePrefix: string;
}

export interface LoadedRequest {
  readonly name: string;
  /** `CREATED`, an error's code, or what went wrong outside GraphQL. */
  readonly result: string;
  readonly durationMs: number;
}

const query =
  "mutation($i: CreateDataExtractionActionInput!) { createDataExtractionAction(input: $i) { action { id } } }";
const tickMs = 5;
// A single caller could not use all of MAX_IN_FLIGHT.
const callers = 10;

/** Sends create requests for a while; resolves with all of them when the last one has its response. */
export async function applyLoad({ url, requestsPerSecond, seconds, maxConnections, namePrefix }: Load) {
  const agent = new Agent({ keepAlive: true, maxSockets: maxConnections });
  const pending: Promise<LoadedRequest>[] = [];
  const total = Math.round(requestsPerSecond * seconds);
  const startedAt = performance.now();

  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const due = Math.min(total, ((performance.now() - startedAt) / 1000) * requestsPerSecond);
      while (pending.length < due) {
        const token = `caller-${pending.length % callers}`;
        pending.push(create(url, `${namePrefix}-${pending.length}`, token, agent));
      }
      if (pending.length < total) return;
      clearInterval(timer);
      resolve();
    }, tickMs);
  });
  const sentForMs = performance.now() - startedAt;
  const requests = await Promise.all(pending);
  const completedAfterMs = performance.now() - startedAt;
  agent.destroy();
  return { requests, sentForMs, completedAfterMs };
}

function create(url: string, name: string, token: string, agent: Agent): Promise<LoadedRequest> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const end = (result: string) => resolve({ name, result, durationMs: performance.now() - startedAt });
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const sent = request(`${url}/graphql`, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", () => end("RESPONSE_CUT_SHORT"));
      response.on("end", () => end(readResult(Buffer.concat(chunks).toString(), name)));
    });
    sent.on("error", () => end("NO_RESPONSE"));
    sent.end(JSON.stringify({ query, variables: { i: { name, webhook: {} } } }));
  });
}

function readResult(text: string, name: string): string {
  try {
    const { data, errors } = JSON.parse(text);
    if (errors) return String(errors[0].extensions.code);
    return data.createDataExtractionAction.action.id === name ? "CREATED" : "RESPONSE_OF_ANOTHER_REQUEST";
  } catch {
    return "RESPONSE_NOT_READABLE";
  }
}
