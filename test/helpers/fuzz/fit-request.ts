import type { GeneratedRequest } from "./generate-request.ts";
import type { Scalable, Scale } from "./scalable-text.ts";

const maxBytes = 4096;
/** Twice what a body may have. */
const maxCharacters = 512 * 1024;
const searchSteps = 7;

/** The largest scale, up to that of the recipe, at which a request has at most 4 KiB; undefined if there is none. */
export function fitRequest({ render, measure }: GeneratedRequest): number | undefined {
  const fits = (factor: number) =>
    measure(() => factor) <= maxCharacters && render(() => factor, 0).bytes.length <= maxBytes;
  if (fits(1)) return 1;
  let tooLarge = 0;
  let fitting = -20;
  if (!fits(2 ** fitting)) return undefined;
  for (let step = 0; step < searchSteps; step += 1) {
    const middle = (fitting + tooLarge) / 2;
    if (fits(2 ** middle)) fitting = middle;
    else tooLarge = middle;
  }
  return 2 ** fitting;
}

/** Scales one repetition in addition to all of them. */
export const scaleOne =
  (factor: number, chosen: Scalable, by: number): Scale =>
  (part) =>
    factor * (part === chosen ? by : 1);
