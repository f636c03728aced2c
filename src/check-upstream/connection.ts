import { randomUUID } from "node:crypto";
import { type EventEmitter, once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request as sendRequest } from "node:http";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { NotChecked } from "./check.ts";

export interface ConnectionSettings {
  readonly baseUrl: string;
  readonly connectTimeoutMs: number;
  readonly responseTimeoutMs: number;
  readonly minIdleMs: number;
}

/** The system's code of a network error. */
export const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? "unknown error";

/** @throws NotChecked for an error, or if the event does not happen in time. */
async function waitFor(emitter: EventEmitter, event: string, timeoutMs: number): Promise<unknown[]> {
  try {
    return await once(emitter, event, { signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    throw new NotChecked(codeOf(error) === "ABORT_ERR" ? "ETIMEDOUT" : codeOf(error));
  }
}

/** The host name or address of a URL, without the brackets of IPv6. */
export const hostOf = (url: string) => new URL(url).hostname.replace(/^\[|\]$/g, "");

/** @throws NotChecked if there is no connection in time. */
export function openTcp(settings: ConnectionSettings): Promise<Socket> {
  const { protocol, port } = new URL(settings.baseUrl);
  const defaultPort = protocol === "https:" ? 443 : 80;
  const socket = connectTcp({ host: hostOf(settings.baseUrl), port: Number(port) || defaultPort });
  return whenOpen(socket, "connect", settings);
}

/** A TLS session, even if the certificate is not trusted. @throws NotChecked if there is none in time. */
export async function openTls(settings: ConnectionSettings): Promise<TLSSocket> {
  const host = hostOf(settings.baseUrl);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectTls({ socket: await openTcp(settings), rejectUnauthorized: false, ...servername });
  return whenOpen(socket, "secureConnect", settings);
}

async function whenOpen<Opening extends Socket>(
  socket: Opening,
  event: string,
  settings: ConnectionSettings,
): Promise<Opening> {
  try {
    await waitFor(socket, event, settings.connectTimeoutMs);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    socket.on("error", () => undefined);
  }
}

export interface IdleProbe {
  readonly status: number | undefined;
  readonly httpVersion: string;
  readonly headers: IncomingHttpHeaders;
  /** The ID that was sent as `x-request-id`. */
  readonly requestId: string;
  /** How long the connection stayed open after the response; undefined if it was still open at the end. */
  readonly closedAfterMs: number | undefined;
}

/** Sends one request without a token and then watches the idle connection. @throws NotChecked without a response. */
export async function probeIdleConnection(settings: ConnectionSettings): Promise<IdleProbe> {
  const { protocol, host, pathname: path } = new URL(settings.baseUrl);
  const socket = await (protocol === "https:" ? openTls : openTcp)(settings);
  const requestId = randomUUID();
  const headers = { host, accept: "application/json", connection: "keep-alive", "x-request-id": requestId };
  try {
    // Without an agent, nothing on this side closes the connection.
    const request = sendRequest({ createConnection: () => socket, path, headers }).end();
    const [response] = (await waitFor(request, "response", settings.responseTimeoutMs)) as [IncomingMessage];
    await waitFor(response.resume(), "end", settings.responseTimeoutMs);
    const { statusCode: status, httpVersion } = response;
    const closedAfterMs = await watchIdle(socket, settings.minIdleMs);
    return { status, httpVersion, headers: response.headers, requestId, closedAfterMs };
  } finally {
    socket.destroy();
  }
}

function watchIdle(socket: Socket, minIdleMs: number): Promise<number | undefined> {
  const since = performance.now();
  return new Promise((resolve) => {
    socket.once("close", () => resolve(performance.now() - since));
    setTimeout(resolve, minIdleMs, undefined).unref();
    if (socket.destroyed) resolve(0);
  });
}
