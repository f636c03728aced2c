import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as sendRequest } from "node:http";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { NotChecked } from "./check.ts";
import type { UpstreamSettings } from "./upstream.ts";

/** The system's code of a network error. */
export const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? "unknown error";

/** Waits for an event. @throws NotChecked for an error, or if the event does not happen in time. */
async function waitFor(
  stream: Socket | ClientRequest | IncomingMessage,
  event: string,
  timeoutMs: number,
): Promise<unknown[]> {
  // An error after the event must not end the process.
  stream.on("error", () => undefined);
  try {
    return await once(stream, event, { signal: AbortSignal.timeout(timeoutMs) });
  } catch (error) {
    stream.destroy();
    throw new NotChecked(codeOf(error) === "ABORT_ERR" ? "ETIMEDOUT" : codeOf(error));
  }
}

/** The host name or address of a URL, without the brackets of IPv6. */
export const hostOf = (url: string) => new URL(url).hostname.replace(/^\[|\]$/g, "");

const portOf = ({ protocol, port }: URL) => Number(port) || (protocol === "https:" ? 443 : 80);

/** @throws NotChecked if there is no connection in time. */
export async function openTcp({ baseUrl, connectTimeoutMs }: UpstreamSettings): Promise<Socket> {
  const socket = connectTcp({ host: hostOf(baseUrl), port: portOf(new URL(baseUrl)) });
  await waitFor(socket, "connect", connectTimeoutMs);
  return socket;
}

/** A TLS session, even if the certificate is not trusted. @throws NotChecked if there is none in time. */
export async function openTls(settings: UpstreamSettings): Promise<TLSSocket> {
  const host = hostOf(settings.baseUrl);
  const servername = isIP(host) === 0 ? { servername: host } : {};
  const socket = connectTls({ socket: await openTcp(settings), rejectUnauthorized: false, ...servername });
  await waitFor(socket, "secureConnect", settings.connectTimeoutMs);
  return socket;
}

/** Sends one request without a token and then watches the idle connection. @throws NotChecked without a response. */
export async function probeIdleConnection(settings: UpstreamSettings) {
  const { protocol, host, pathname: path } = new URL(settings.baseUrl);
  const socket = await (protocol === "https:" ? openTls : openTcp)(settings);
  const requestId = randomUUID();
  const headers = { host, accept: "application/json", connection: "keep-alive", "x-request-id": requestId };
  try {
    // Without an agent, nothing on this side closes the connection.
    const request = sendRequest({ createConnection: () => socket, path, headers }).end();
    const [response] = (await waitFor(request, "response", settings.responseTimeoutMs)) as [IncomingMessage];
    await waitFor(response.resume(), "end", settings.responseTimeoutMs);
    return { requestId, response, closedAfterMs: await watchIdle(socket, settings.minIdleMs) };
  } finally {
    socket.destroy();
  }
}

/** How long the connection stays open; undefined if it still is at the end. */
function watchIdle(socket: Socket, minIdleMs: number): Promise<number | undefined> {
  const since = performance.now();
  return new Promise((resolve) => {
    socket.once("close", () => resolve(performance.now() - since));
    setTimeout(resolve, minIdleMs, undefined).unref();
    if (socket.destroyed) resolve(0);
  });
}
