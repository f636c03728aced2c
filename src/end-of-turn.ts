let turn: Promise<void> | undefined;

/**
 * Resolves when the event loop has handled all that had arrived when its turn began, for everybody who asked in this
 * turn at once. What is written then goes out back to back: a write between two pieces of work wakes a peer that has
 * nothing else to do, over and over, which costs the writer more than the write; a batch wakes it once.
 */
export function endOfTurn(): Promise<void> {
  turn ??= new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      resolve();
    });
  });
  return turn;
}
