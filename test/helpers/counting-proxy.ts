import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestEnd } from "./cleanup.ts";

/** A proxy between a browser and a service that counts the bytes that the service sends. */
export async function startCountingProxy(target: string) {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let bytes = 0;
  const server = createServer((downstream) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [downstream, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        downstream.destroy();
        upstream.destroy();
      });
    }
    upstream.on("data", (chunk) => {
      bytes += chunk.length;
    });
    downstream.pipe(upstream);
    upstream.pipe(downstream);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestEnd(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Bytes over the wire since the last time this was called: status lines, headers, and bodies. */
    takeBytes() {
      const taken = bytes;
      bytes = 0;
      return taken;
    },
  };
}
