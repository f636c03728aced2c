import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { Observation } from "./request-observation.ts";

export interface Shutdown {
  readonly app: FastifyInstance;
  readonly observation: Observation;
  /** How long requests in flight may still take. */
  readonly graceMs: number;
  /** Ends upstream requests, so that their callers still learn that the outcome is unknown. */
  readonly cutOff: () => void;
}

/** Time for the last responses to leave after the grace period. */
const lastResponsesMs = 250;

/**
 * Stops listening, and resolves once every request has ended: its response has been sent, and it has been handled, which
 * may be after its caller has disconnected. What is left after the grace period is cut off.
 */
export async function finishRequests({ app, observation, graceMs, cutOff }: Shutdown): Promise<void> {
  const isOver = new AbortController();
  const finished = app
    .close()
    .then(observation.whenIdle)
    .finally(() => isOver.abort());
  await Promise.race([finished, delay(graceMs, undefined, { signal: isOver.signal }).catch(() => undefined)]);
  if (isOver.signal.aborted) return;
  cutOff();
  await Promise.race([finished, delay(lastResponsesMs)]);
  app.server.closeAllConnections();
  observation.abandon("end of the grace period");
  await finished;
}
