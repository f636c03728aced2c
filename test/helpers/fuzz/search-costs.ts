import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc, { type Arbitrary } from "fast-check";
import { type Comparison, compareCost } from "./compare-cost.ts";
import type { CostMeter } from "./cost-meter.ts";
import { fitRequest, fits, scaleOne } from "./fit-request.ts";
import type { GeneratedRequest } from "./generate-request.ts";
import type { Scale } from "./scalable-text.ts";

/** 50 ms where an ordinary request, with the innocent one after it, takes 1.5 ms. */
const maxCost = 33;
/** How much more often the repetitions of a request are tried, and what that may cost. */
const enlargements = [2, 4];
const maxGrowth = { perSize: 1.5, ordinaryRequests: 2 };
const batchSize = 50;
const variationsPerBatch = 15;
const repetitions = 4;
/** Of the requests of a kind that cost most, this many are kept, and also sent with more repetitions. */
const keptPerKind = 2;
const enlargedRepetitions = 2;
const maxProblems = 10;

export interface SearchOptions {
  readonly meter: CostMeter;
  readonly requests: Arbitrary<GeneratedRequest>;
  readonly seed: number;
  readonly seconds: number;
}

interface Sent {
  /** Seed, batch, and number. */
  readonly name: string;
  readonly request: GeneratedRequest;
  readonly scale: Scale;
}

type Found = Sent & Comparison;

/** Of one of the requests that cost most. */
interface Variation {
  readonly found: number;
  readonly part: number;
  readonly by: number;
  readonly isCompressed: boolean;
}

const anyVariation = fc.record<Variation>({
  found: fc.nat(),
  part: fc.nat(),
  by: fc.constantFrom(1 / 4, 1 / 2, 2, 4, 16, 64),
  isCompressed: fc.boolean(),
});

/**
 * Sends generated requests for a while, and variations of those that cost most.
 * @returns what is wrong, and what the most expensive ones cost.
 */
export async function searchCosts({ meter, requests, seed, seconds }: SearchOptions) {
  const end = performance.now() + seconds * 1000;
  const problems: string[] = [];
  let worst: Found[] = [];
  let count = 0;
  let salt = 0;
  let ordinaryMs = 0;

  const render = (request: GeneratedRequest, scale: Scale) => {
    salt += 1;
    return request.render(scale, salt).bytes;
  };
  const compare = (request: GeneratedRequest, scale: Scale) =>
    compareCost(meter, () => render(request, scale), repetitions);

  function report(problem: string, found: Sent): void {
    // `nc` can send it again.
    const file = join(mkdtempSync(join(tmpdir(), "contactswing-bff-fuzz-")), "request.http");
    writeFileSync(file, render(found.request, found.scale));
    problems.push(`${problem}: ${describe(found)} (its bytes: ${file})`);
  }

  /** @returns what a request costs if that is more than `leastCost`, and has no fault. */
  async function tryRequest(
    name: string,
    request: GeneratedRequest,
    scale: Scale,
    leastCost: number,
  ): Promise<Found | undefined> {
    count += 1;
    // Most requests are cheap, which a single measurement shows.
    const { cpuMs, upstreamRequests, fault } = await meter.measure(render(request, scale));
    if (fault === undefined && cpuMs / ordinaryMs - upstreamRequests <= leastCost) return undefined;
    const found = { name, request, scale };
    const measured = fault === undefined ? await compare(request, scale) : { cost: 0, cpuMs, upstreamRequests, fault };
    if (measured.fault !== undefined) report(measured.fault, found);
    else if (measured.cost > maxCost) report(`costs ${formatCost(measured)}`, found);
    if (!meter.isAlive()) await meter.restart();
    return measured.fault === undefined && measured.cost > leastCost ? { ...measured, ...found } : undefined;
  }

  async function tryGenerated(name: string, request: GeneratedRequest): Promise<void> {
    const factor = fitRequest(request);
    if (factor === undefined) return;
    const ofKind = worst.filter((kept) => kept.request.kind === request.kind);
    const least = ofKind.length < keptPerKind ? undefined : ofKind.at(-1);
    const found = await tryRequest(name, request, () => factor, least?.cost ?? 0);
    if (found) worst = byCost([...worst.filter((kept) => kept !== least), found]);
  }

  /** Replaces a request by one with more or fewer repetitions of one part, if that costs more. */
  async function tryVariation(name: string, { found: index, part, by, isCompressed }: Variation): Promise<void> {
    const found = worst[index % worst.length];
    const chosen = found?.request.scalable[part % found.request.scalable.length];
    if (found === undefined || chosen === undefined || found.cost > maxCost) return;
    const request = isCompressed ? found.request.compressed() : found.request;
    const scale = scaleOne(found.scale, chosen, by);
    if (!fits(request, scale)) return;
    const better = await tryRequest(name, request, scale, found.cost);
    if (better) worst = byCost(worst.map((kept) => (kept === found ? better : kept)));
  }

  async function tryEnlarged({ name, request, scale }: Found): Promise<void> {
    const largest = request.scalable.toSorted((a, b) => b.count * scale(b) - a.count * scale(a));
    const original = await compare(request, scale);
    for (const [index, part] of largest.slice(0, enlargedRepetitions).entries()) {
      for (const by of enlargements) {
        const enlarged = scaleOne(scale, part, by);
        const measured = await compare(request, enlarged);
        const maxEnlargedCost = by * maxGrowth.perSize * original.cost + maxGrowth.ordinaryRequests;
        if (measured.fault === undefined && measured.cost <= maxEnlargedCost) continue;
        const growth = `costs ${formatCost(measured)} instead of ${formatCost(original)} in ${by} times the size`;
        report(measured.fault ?? growth, { name: `${name} part ${index} by ${by}`, request, scale: enlarged });
        if (!meter.isAlive()) await meter.restart();
      }
    }
  }

  const isOver = () => performance.now() > end || problems.length >= maxProblems;
  for (let batch = 0; !isOver(); batch += 1) {
    const sampling = { seed: seed * 1_000_000 + batch, numRuns: batchSize };
    ordinaryMs = (await meter.measureOrdinary()).cpuMs;
    for (const [index, request] of fc.sample(requests, sampling).entries()) {
      if (!isOver()) await tryGenerated(`${seed} ${batch} ${index}`, request);
    }
    const variations = fc.sample(anyVariation, { ...sampling, numRuns: variationsPerBatch });
    for (const [index, variation] of variations.entries()) {
      if (!isOver()) await tryVariation(`${seed} ${batch} varied ${index}`, variation);
    }
  }
  for (const found of worst) if (problems.length < maxProblems) await tryEnlarged(found);
  return { problems, count, worst: worst.map((found) => `${formatCost(found)}: ${describe(found)}`) };
}

function describe({ name, request, scale }: Sent): string {
  const { bytes, description } = request.render(scale, 0);
  return `request ${name}, ${bytes.length} bytes, ${request.kind}: ${description}`;
}

function byCost(found: readonly Found[]): Found[] {
  return found.toSorted((a, b) => b.cost - a.cost);
}

function formatCost({ cost, cpuMs, upstreamRequests }: Comparison): string {
  const sent = upstreamRequests > 0 ? ` besides ${upstreamRequests} requests to ContactSwing` : "";
  return `${cost.toFixed(1)} ordinary requests${sent}, ${cpuMs.toFixed(1)} ms`;
}
