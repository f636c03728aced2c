import { once } from "node:events";
import type { AddressInfo, Server, Socket } from "node:net";
import { onTestEnd } from "./cleanup.ts";

export interface Listener {
  readonly port: number;
  readonly url: string;
  /** Stops listening and ends every connection, as the end of the test does. */
  readonly close: () => Promise<void>;
}

/** Listens on the loopback interface, on a free port unless one is given. */
export async function listen(server: Server, wantedPort = 0): Promise<Listener> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    // The test may end, or cut a connection, in the middle of a response.
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(wantedPort, "127.0.0.1");
  await once(server, "listening");
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  onTestEnd(close);
  const { port } = server.address() as AddressInfo;
  return { port, url: `http://127.0.0.1:${port}`, close };
}
