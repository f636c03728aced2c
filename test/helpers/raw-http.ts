import { once } from "node:events";
import { connect } from "node:net";
import { onTestEnd } from "./cleanup.ts";

/** A connection without an HTTP client; closed when the test ends. `received` and `closed` have all bytes so far. */
export async function openConnection(url: string) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  // The service may close a connection by a reset; what it wrote before counts.
  socket.on("error", () => undefined);
  const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(received)));
  onTestEnd(async () => socket.destroy());
  await once(socket, "connect");
  return { socket, received: () => received, closed };
}

/** Sends bytes on a connection of their own, and returns everything that is received until the service closes it. */
export async function sendRaw(url: string, bytes: string | Uint8Array): Promise<string> {
  const { socket, closed } = await openConnection(url);
  socket.write(bytes);
  return closed;
}

export function parseResponse(text: string) {
  const headEnd = text.indexOf("\r\n\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
  return { status, head: text.slice(0, headEnd), body: text.slice(headEnd + 4) };
}
