import type { GeneratedRequest } from "./generate-request.ts";
import type { Scalable, Scale } from "./scalable-text.ts";

const maxBytes = 4096;
/** Twice what a body may have. */
const maxCharacters = 512 * 1024;
const searchSteps = 7;

/** Whether a request has at most 4 KiB, and is not too large to be tried before compression. */
export function fits({ render, measure }: GeneratedRequest, scale: Scale): boolean {
  return measure(scale) <= maxCharacters && render(scale, 0).bytes.length <= maxBytes;
}

/** The largest factor, up to 1, by which a request has at most 4 KiB; undefined if there is none. */
export function fitRequest(request: GeneratedRequest): number | undefined {
  if (fits(request, () => 1)) return 1;
  let tooLarge = 0;
  let fitting = -20;
  if (!fits(request, () => 2 ** fitting)) return undefined;
  for (let step = 0; step < searchSteps; step += 1) {
    const middle = (fitting + tooLarge) / 2;
    if (fits(request, () => 2 ** middle)) fitting = middle;
    else tooLarge = middle;
  }
  return 2 ** fitting;
}

/** Scales one repetition in addition to what a scale does to all of them. */
export const scaleOne =
  (scale: Scale, chosen: Scalable, by: number): Scale =>
  (part) =>
    scale(part) * (part === chosen ? by : 1);
