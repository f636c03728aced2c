import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import { endOfGracePeriod, type Observation } from "./http/request-observation.ts";

export interface Shutdown {
  readonly app: FastifyInstance;
  readonly observation: Observation;
  /** How long requests in flight may still take. */
  readonly graceMs: number;
  /** Ends upstream requests, so that their callers still learn that the outcome is unknown. */
  readonly closeUpstream: () => void;
  /** Each stops a part that requests need, at the latest at the deadline on the clock of `performance.now()`. */
  readonly stops: readonly ((deadlineMs: number) => unknown)[];
}

/** Time for the last responses to leave after the grace period. */
const lastResponsesMs = 250;
/** Time to close everything else after the last request. A shutdown takes at most this plus the grace period. */
const closingMs = 1000;
/** The part of it that is reserved for the log. */
const logMs = 250;

/**
 * Stops listening, lets requests finish, and then stops everything that they needed.
 * @returns when the process should have ended, on the clock of `performance.now()`.
 */
export async function shutDown(shutdown: Shutdown): Promise<number> {
  const lastDeadlineMs = performance.now() + shutdown.graceMs + closingMs;
  await finishRequests(shutdown);
  shutdown.closeUpstream();
  const deadlineMs = Math.min(lastDeadlineMs, performance.now() + closingMs);
  await Promise.all(shutdown.stops.map((stop) => stop(deadlineMs - logMs)));
  return deadlineMs;
}

/**
 * Resolves once every request has ended: its response has been sent, and it has been handled, which may be after its caller
 * has disconnected. What is left after the grace period is cut off.
 */
async function finishRequests({ app, observation, graceMs, closeUpstream }: Shutdown): Promise<void> {
  const isOver = new AbortController();
  const finished = app
    .close()
    .then(observation.whenIdle)
    .finally(() => isOver.abort());
  await Promise.race([finished, delay(graceMs, undefined, { signal: isOver.signal }).catch(() => undefined)]);
  if (isOver.signal.aborted) return;
  closeUpstream();
  await Promise.race([finished, delay(lastResponsesMs)]);
  app.server.closeAllConnections();
  observation.abandon(endOfGracePeriod);
  await finished;
}
