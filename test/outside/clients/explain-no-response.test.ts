import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "@jest/globals";
import { findNoResponse } from "./recipes/explain-no-response";
import { onTestEnd } from "./service.mjs";

test("a service that accepts connections but does not respond counts as unreachable after a while", async () => {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestEnd(async () => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;

  expect(await findNoResponse(`http://127.0.0.1:${port}/graphql`)).toBe("unreachable");
});
