import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request as sendRequest } from "node:http";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { TransportSettings } from "../contactswing/transport.ts";
import { NotChecked } from "./check.ts";

/** What was seen of a connection that sent one request without a token and then was left alone. */
export interface IdleConnection {
  readonly requestId: string;
  readonly response: IncomingMessage;
  /** Undefined if it was still open at the end. */
  readonly closedAfterMs: number | undefined;
}

/** The system's code of a network error. */
export const codeOf = (error: unknown) => String((error as NodeJS.ErrnoException).code);

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

function addressOf(url: string) {
  const { protocol, port } = new URL(url);
  return { host: hostOf(url), port: Number(port) || (protocol === "https:" ? 443 : 80) };
}

/** @throws NotChecked if there is no connection in time. */
export async function openTcp({ baseUrl, connectTimeoutMs }: TransportSettings): Promise<Socket> {
  const socket = connectTcp(addressOf(baseUrl));
  await waitFor(socket, "connect", connectTimeoutMs);
  return socket;
}

/** A TLS session, even if the certificate is not trusted. @throws NotChecked if there is none in time. */
export async function openTls({ baseUrl, connectTimeoutMs }: TransportSettings): Promise<TLSSocket> {
  const address = addressOf(baseUrl);
  const servername = isIP(address.host) === 0 ? address.host : "";
  const socket = connectTls({ ...address, servername, rejectUnauthorized: false });
  await waitFor(socket, "secureConnect", connectTimeoutMs);
  return socket;
}

/** Watches a connection until it is closed, or for `minIdleMs` after the response. @throws NotChecked without a response. */
export async function probeIdleConnection(settings: TransportSettings, minIdleMs: number): Promise<IdleConnection> {
  const { protocol, host, pathname: path } = new URL(settings.baseUrl);
  const socket = await (protocol === "https:" ? openTls : openTcp)(settings);
  const closing = new Promise<number>((resolve) => socket.once("close", () => resolve(performance.now())));
  const requestId = randomUUID();
  const headers = { host, accept: "application/json", connection: "keep-alive", "x-request-id": requestId };
  try {
    // Without an agent, nothing on this side closes the connection.
    const request = sendRequest({ createConnection: () => socket, path, headers }).end();
    const [response] = (await waitFor(request, "response", settings.responseTimeoutMs)) as [IncomingMessage];
    await waitFor(response.resume(), "end", settings.responseTimeoutMs);
    const idleSince = performance.now();
    const closedAt = await Promise.race([closing, delay(minIdleMs, undefined, { ref: false })]);
    return { requestId, response, closedAfterMs: closedAt && closedAt - idleSince };
  } finally {
    socket.destroy();
  }
}
