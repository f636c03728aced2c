import { Agent as HttpAgent } from "node:http";
import { globalAgent, Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import { limits } from "../limits.ts";

const { idleSocketMs, socketAgeMs } = limits.upstream;

// The minimum of Node.js.
const minAttemptMs = 10;

const firstReleasedAt = Symbol("when a socket was first released by a request");
interface PooledSocket extends Duplex {
  [firstReleasedAt]?: number;
}

/**
 * Keeps connections to ContactSwing open between requests, for about a minute, so that a name that moves to another
 * address is resolved again.
 * @param connectTimeoutMs for each address of a host.
 */
export function createAgent(isSecure: boolean, connectTimeoutMs: number): HttpAgent {
  const Agent = isSecure ? HttpsAgent : HttpAgent;
  const agent = new Agent({
    keepAlive: true,
    timeout: idleSocketMs,
    // Shortly before the attempt as a whole would fail.
    autoSelectFamilyAttemptTimeout: Math.max(minAttemptMs, connectTimeoutMs - minAttemptMs),
    // As Node.js has set up its own agents: only with NODE_USE_ENV_PROXY.
    proxyEnv: globalAgent.options.proxyEnv,
  });
  // @types/node lacks the result: whether the socket can be used again.
  const canKeep = agent.keepSocketAlive.bind(agent) as (socket: Duplex) => boolean;
  const isYoung = (socket: PooledSocket) => {
    socket[firstReleasedAt] ??= performance.now();
    return performance.now() - socket[firstReleasedAt] < socketAgeMs;
  };
  return Object.assign(agent, { keepSocketAlive: (socket: PooledSocket) => canKeep(socket) && isYoung(socket) });
}
