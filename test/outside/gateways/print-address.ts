// Loaded before a gateway's own program (`node --import`), which names the port that it was told, 0, and not the one
// that it got: prints the URL of the server once it listens.
import { tracingChannel } from "node:diagnostics_channel";
import type { AddressInfo, Server } from "node:net";
import process from "node:process";

tracingChannel("net.server.listen").asyncEnd.subscribe((message) => {
  const { server } = message as { readonly server: Server };
  const { address, port } = server.address() as AddressInfo;
  process.stdout.write(`listening on http://${address}:${port}\n`);
});
