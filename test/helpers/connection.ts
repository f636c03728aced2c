import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { onTestEnd } from "./cleanup.ts";
import { createMutation } from "./graphql.ts";

export interface Connection {
  readonly socket: Socket;
  /** Everything received so far. */
  readonly received: () => string;
  readonly closed: Promise<unknown>;
}

/** A bare connection, to speak HTTP on it as no client library would. */
export async function openConnection(url: string): Promise<Connection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let received = "";
  socket.on("data", (chunk) => {
    received += chunk;
  });
  // A connection that was reset is closed as well.
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  await once(socket, "connect");
  onTestEnd(async () => socket.destroy());
  return { socket, received: () => received, closed };
}

/** A create of an action of this name, byte for byte. */
export function createRequestText(name: string): string {
  const body = JSON.stringify({ query: createMutation, variables: { input: { name, webhook: {} } } });
  return [
    "POST /graphql HTTP/1.1",
    "host: localhost",
    "authorization: Bearer t",
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "",
    body,
  ].join("\r\n");
}
