import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestEnd } from "./cleanup.ts";

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Opens a connection to the service, closed when the test ends. */
export async function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // A reset is a way for the service to close a connection; what it wrote before counts.
  socket.on("error", () => {});
  onTestEnd(async () => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Everything that the service writes until it closes the connection. */
export async function readToTheEnd(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk) => {
    text += chunk;
  });
  await once(socket, "close");
  return text;
}

/** Sends bytes as they are on a connection of their own, and reads the answers until the service closes it. */
export async function sendRaw(url: string, bytes: string | Uint8Array): Promise<string> {
  const socket = await openSocket(url);
  const text = readToTheEnd(socket);
  socket.write(bytes);
  return text;
}

/** Takes apart one answer. */
export function parseAnswer(text: string): RawAnswer {
  const endOfHead = text.indexOf("\r\n\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
  return { status, head: text.slice(0, endOfHead), body: text.slice(endOfHead + 4) };
}
