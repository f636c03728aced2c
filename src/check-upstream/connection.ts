import { randomUUID } from "node:crypto";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { UpstreamSettings } from "./upstream.ts";

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly isSecure: boolean;
  readonly path: string;
}

export function readTarget({ baseUrl }: UpstreamSettings): Target {
  const { protocol, hostname, port, pathname } = new URL(baseUrl);
  const isSecure = protocol === "https:";
  const host = hostname.replace(/^\[|\]$/g, "");
  return { host, port: Number(port) || (isSecure ? 443 : 80), isSecure, path: pathname };
}

/** The system's code of a network error. */
export const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? "unknown error";

/** Resolves with an established connection. Rejects with a network error. */
export function open(
  { host, port }: Target,
  timeoutMs: number,
  tls?: { readonly isTrusted: boolean },
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const servername = isIP(host) === 0 ? { servername: host } : {};
    const socket = tls
      ? connectTls({ host, port, rejectUnauthorized: tls.isTrusted, ...servername })
      : connectTcp({ host, port });
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })),
      timeoutMs,
    );
    socket.once(tls ? "secureConnect" : "connect", () => {
      clearTimeout(timer);
      resolve(socket);
    });
    socket.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}

export interface IdleProbe {
  /** Status line and headers of the response. */
  readonly head: string;
  /** The ID that was sent as `x-request-id`. */
  readonly requestId: string;
  /** How long the connection stayed open after the response; undefined if it was still open at the end. */
  readonly closedAfterMs: number | undefined;
}

/** Sends one request without a token and then watches the idle connection. Rejects with a network error. */
export async function probeIdleConnection(settings: UpstreamSettings): Promise<IdleProbe> {
  const target = readTarget(settings);
  const socket = await open(target, settings.connectTimeoutMs, target.isSecure ? { isTrusted: false } : undefined);
  const requestId = randomUUID();
  const host = target.host.includes(":") ? `[${target.host}]` : target.host;
  const closed = Promise.withResolvers<void>();
  const received = Promise.withResolvers<string>();
  let text = "";
  socket.on("error", () => undefined);
  socket.once("close", () => {
    received.resolve(text);
    closed.resolve();
  });
  // A server that closes sends FIN first.
  socket.once("end", () => socket.end());
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    text += chunk;
    if (isComplete(text)) received.resolve(text);
  });
  socket.write(
    `GET ${target.path} HTTP/1.1\r\nHost: ${host}\r\nAccept: application/json\r\nX-Request-Id: ${requestId}\r\n\r\n`,
  );
  let timer: NodeJS.Timeout | undefined;
  try {
    const noResponse = new Promise<never>((_resolve, reject) => {
      const error = Object.assign(new Error("no response"), { code: "ETIMEDOUT" });
      timer = setTimeout(reject, settings.responseTimeoutMs, error);
    });
    const response = await Promise.race([received.promise, noResponse]);
    clearTimeout(timer);
    const since = performance.now();
    const stillOpen = new Promise<"open">((resolve) => {
      timer = setTimeout(resolve, settings.minIdleMs, "open");
    });
    const end = await Promise.race([closed.promise, stillOpen]);
    const [head = ""] = response.split("\r\n\r\n", 1);
    return { head, requestId, closedAfterMs: end === "open" ? undefined : performance.now() - since };
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** Whether a response has arrived whole: with a length, or in chunks. */
function isComplete(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1];
  return length === undefined ? text.endsWith("\r\n0\r\n\r\n") : text.length >= end + 4 + Number(length);
}

export function headerOf(head: string, name: string): string | undefined {
  return new RegExp(`^${name}: *(.*?) *$`, "im").exec(head)?.[1];
}
