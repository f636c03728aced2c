import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { onTestEnd } from "./cleanup.ts";
import { listen } from "./listen.ts";
import { openConnection } from "./raw-http.ts";
import { certificate, privateKey } from "./self-signed-certificate.ts";

/** A request as it was received, once it was complete. */
export interface RawRequest {
  readonly head: string;
  readonly body: string;
}

/** What an upstream does once it has sent its bytes: close, reset, send nothing more, or keep the connection open. */
export type Ending = "fin" | "rst" | "silence" | "keep";

export interface RawScript {
  /** With a self-signed certificate. */
  readonly isTls?: boolean;
  /** Gets each connection before anything is read from it. */
  readonly onConnection?: (socket: Socket, index: number) => void;
  /** Responds to a complete request. */
  readonly onRequest?: (request: RawRequest, socket: Socket) => void;
}

/** An upstream without an HTTP library: the test decides which bytes are sent, and when. */
export async function startRawUpstream({ isTls = false, onConnection, onRequest }: RawScript) {
  // With TLS, those with a complete handshake.
  const connections: Socket[] = [];
  const requests: RawRequest[] = [];

  const converse = (socket: Socket) => {
    connections.push(socket);
    // These tests are about connections that end early.
    socket.on("error", () => {});
    socket.setNoDelay(true);
    if (onConnection) return onConnection(socket, connections.length - 1);
    readRequests(socket, (request) => {
      requests.push(request);
      onRequest?.(request, socket);
    });
  };
  const server = isTls ? createTlsServer({ cert: certificate, key: privateKey }, converse) : createServer(converse);
  server.on("tlsClientError", () => {});
  const { port } = await listen(server);
  return { port, connections, requests };
}

/** Calls back for every complete request on a connection, in order. */
function readRequests(socket: Socket, onRequest: (request: RawRequest) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const headEnd = bytes.indexOf("\r\n\r\n");
      if (headEnd < 0) return;
      const head = bytes.subarray(0, headEnd + 4).toString("latin1");
      const end = headEnd + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      if (bytes.length < end) return;
      const body = bytes.subarray(headEnd + 4, end).toString();
      bytes = bytes.subarray(end);
      onRequest({ head, body });
    }
  });
}

/** Sends bytes and ends the connection. */
export function sendBytes(socket: Socket, bytes: Uint8Array, ending: Ending): void {
  if (ending === "fin") socket.end(bytes);
  else if (ending === "rst") socket.write(bytes, () => socket.resetAndDestroy());
  else if (bytes.length > 0) socket.write(bytes);
}

export type Framing = "content-length" | "chunked" | "close-delimited";

/**
 * A response with a JSON body that is framed in one of the three ways of HTTP/1.1, and how many of its bytes are its
 * head. `more` are further header lines.
 */
export function responseBytes(status: number, body: string, framing: Framing = "content-length", more: string[] = []) {
  const framingHeader = {
    "content-length": `Content-Length: ${Buffer.byteLength(body)}`,
    chunked: "Transfer-Encoding: chunked",
    "close-delimited": "Connection: close",
  }[framing];
  const lines = [`HTTP/1.1 ${status} Status`, "Content-Type: application/json", framingHeader, ...more];
  const head = `${lines.join("\r\n")}\r\n\r\n`;
  const half = body.length >> 1;
  const chunk = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
  const framed = framing === "chunked" ? `${chunk(body.slice(0, half))}${chunk(body.slice(half))}0\r\n\r\n` : body;
  return { bytes: Buffer.from(head + framed), headLength: head.length };
}

/**
 * A port of the loopback interface, a free one unless it is given, on which no connection is ever accepted: its process is blocked, and its queue is full, so that the
 * system does not respond any more.
 */
export async function startUnresponsiveListener(host = "127.0.0.1", wantedPort = 0): Promise<number> {
  const script = `
    const server = require("node:net").createServer().listen({ port: ${wantedPort}, host: "${host}", backlog: 1 }, () => {
      require("node:fs").writeSync(1, String(server.address().port));
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  onTestEnd(async () => {
    child.kill("SIGKILL");
    await exit;
  });
  const [port] = await once(child.stdout, "data");
  // One more than the backlog is queued.
  for (let queued = 0; queued < 2; queued++) await openConnection(`http://${host}:${port}`);
  return Number(port);
}
