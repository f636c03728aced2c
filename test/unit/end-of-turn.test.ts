import { expect, test } from "@jest/globals";
import { endOfTurn } from "../../src/end-of-turn.ts";

test.each(["first", "second"])(
  "everything of the %s turn continues in its order once the turn is over, also if one of them fails",
  async () => {
    const events: string[] = [];
    const run = async (index: number) => {
      events.push(`begin ${index}`);
      await endOfTurn();
      events.push(`continue ${index}`);
      if (index === 0) throw new Error("the first one fails");
    };
    // Callbacks of one phase of the event loop, as those of sockets that can be read at once are.
    const runs = [0, 1, 2].map(
      (index) => new Promise<void>((resolve, reject) => setTimeout(() => run(index).then(resolve, reject), 1)),
    );

    const results = await Promise.allSettled(runs);

    expect(events).toEqual(["begin 0", "begin 1", "begin 2", "continue 0", "continue 1", "continue 2"]);
    expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  },
);
