import fc, { type Arbitrary } from "fast-check";
import type { ScalableText } from "./scalable-text.ts";

/** From a few to a hundred thousand, each order of magnitude as often as the others. */
export const anyCount: Arbitrary<number> = fc
  .integer({ min: 0, max: 170 })
  .map((exponent) => Math.round(2 ** (exponent / 10)));

/** A few, or now and then as many as fit. */
export const smallCount: Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.constant(1) },
  { weight: 2, arbitrary: fc.integer({ min: 2, max: 60 }) },
  { weight: 1, arbitrary: anyCount },
);

export const repeated = (piece: Arbitrary<ScalableText>, count = anyCount, separator = ""): Arbitrary<ScalableText> =>
  fc.record({ repeat: piece, count, separator: fc.constant(separator) });

/** One of these beginnings, one or two repeated pieces, and one of these ends. */
export function patched(starts: readonly string[], pieces: readonly string[], ends: readonly string[]) {
  const repetition = repeated(fc.constantFrom(...pieces));
  return fc.oneof(
    fc.constantFrom(...starts),
    fc.tuple(fc.constantFrom(...starts), repetition, fc.constantFrom(...ends)),
    fc.tuple(
      fc.constantFrom(...starts),
      repeated(fc.tuple(fc.constantFrom(...pieces), fc.constantFrom(...pieces))),
      repetition,
      fc.constantFrom(...ends),
    ),
  );
}
