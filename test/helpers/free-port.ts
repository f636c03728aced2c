import { createServer } from "node:net";
import { listen } from "./listen.ts";

/** A loopback port that nobody listens on. */
export async function findFreePort(): Promise<number> {
  const { port, close } = await listen(createServer());
  await close();
  return port;
}
