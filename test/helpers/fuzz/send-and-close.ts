import { connect } from "node:net";

const waitLimitMs = 30_000;

/** Sends requests of which the last closes the connection. @returns all that was received; undefined after 30 s. */
export function sendAndClose(url: string, bytes: Uint8Array): Promise<Buffer | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    const received: Buffer[] = [];
    socket.setTimeout(waitLimitMs, () => {
      resolve(undefined);
      socket.destroy();
    });
    socket.on("data", (chunk: Buffer) => received.push(chunk));
    // The service may close a connection by a reset; what it wrote before counts.
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(Buffer.concat(received)));
    socket.write(bytes);
  });
}
