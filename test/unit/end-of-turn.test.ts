import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { endOfTurn } from "../../src/end-of-turn.ts";

const server = createServer();
const clients: Socket[] = [];
const accepted: Socket[] = [];

beforeAll(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  for (let index = 0; index < 3; index++) {
    const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
    const [socket] = (await once(server, "connection")) as [Socket];
    clients.push(client);
    accepted.push(socket);
  }
});

afterAll(() => {
  for (const socket of [...clients, ...accepted]) socket.destroy();
  server.close();
});

/** What happens when several sockets have something to read at once. */
async function readAtOnce(): Promise<string[]> {
  const events: string[] = [];
  const done = accepted.map(async (socket, index) => {
    await once(socket, "data");
    events.push(`read ${index}`);
    await endOfTurn();
    events.push(`write ${index}`);
  });
  // Sent and received before the loop polls again: it must not see them in two turns.
  for (const client of clients) client.write("x");
  const until = performance.now() + 20;
  while (performance.now() < until);
  await Promise.all(done);
  return events;
}

test("what was read in one turn is written after all of it, in its order", async () => {
  const events = await readAtOnce();
  expect(events.slice(0, 3).sort()).toEqual(["read 0", "read 1", "read 2"]);
  expect(events.slice(3)).toEqual(events.slice(0, 3).map((event) => event.replace("read", "write")));
});

test("everybody of one turn waits for the same end, and the next turn has another", async () => {
  const first = endOfTurn();
  expect(endOfTurn()).toBe(first);
  await first;
  const second = endOfTurn();
  expect(second).not.toBe(first);
  await second;
});

test("one who fails at the end of a turn does not keep the others from going on", async () => {
  const ends = [0, 1, 2].map(async (index) => {
    await endOfTurn();
    if (index === 0) throw new Error("the first one fails");
    return index;
  });
  expect((await Promise.allSettled(ends)).map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
});
