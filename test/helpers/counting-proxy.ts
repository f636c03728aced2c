import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";
import { onTestEnd } from "./cleanup.ts";

export interface CountingProxy {
  readonly url: string;
  /** Bytes that came back over the wire since the last time this was asked: status lines, headers and bodies. */
  readonly takeBytes: () => number;
}

/** Stands between a browser and a service, and counts what the service sends. */
export async function startCountingProxy(target: string): Promise<CountingProxy> {
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
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestEnd(async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    takeBytes: () => {
      const taken = bytes;
      bytes = 0;
      return taken;
    },
  };
}
