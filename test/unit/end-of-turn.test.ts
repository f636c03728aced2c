import { expect, test } from "@jest/globals";
import { endOfTurn } from "../../src/end-of-turn.ts";

test.each(["first", "second"])("everything of the %s turn continues in its order once the turn is over", async () => {
  const events: string[] = [];
  const run = async (index: number) => {
    events.push(`begin ${index}`);
    await endOfTurn();
    events.push(`continue ${index}`);
  };

  // Callbacks of one phase of the event loop, as those of sockets that can be read at once are.
  await Promise.all([0, 1, 2].map((index) => new Promise((resolve) => setTimeout(() => resolve(run(index)), 1))));

  expect(events).toEqual(["begin 0", "begin 1", "begin 2", "continue 0", "continue 1", "continue 2"]);
});
