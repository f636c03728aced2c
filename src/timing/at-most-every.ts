/** A function that runs another one unless that has run within the interval. */
export function atMostEvery(intervalMs: number, run: () => void): () => void {
  let ranAt = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - ranAt < intervalMs) return;
    ranAt = performance.now();
    run();
  };
}
