import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc, { type Arbitrary } from "fast-check";
import { type Comparison, compareCost } from "./compare-cost.ts";
import type { CostMeter } from "./cost-meter.ts";
import { fitRequest, scaleOne } from "./fit-request.ts";
import type { GeneratedRequest } from "./generate-request.ts";
import type { Scale } from "./scalable-text.ts";

/** 50 ms where an ordinary request, with the innocent one after it, takes 1.5 ms. */
const maxCost = 33;
/** Twice the size may cost this many times as much, and some ordinary requests more. */
const maxGrowth = { times: 3, ordinaryRequests: 5 };
const batchSize = 50;
const repetitions = 5;
/** Of the requests that cost most, this many are kept, and also sent with each of their repetitions twice as often. */
const keptCount = 10;
const doubledRepetitions = 4;
const maxProblems = 10;

export interface SearchOptions {
  readonly meter: CostMeter;
  readonly requests: Arbitrary<GeneratedRequest>;
  readonly seed: number;
  readonly seconds: number;
}

interface Found extends Comparison {
  readonly name: string;
  readonly request: GeneratedRequest;
  readonly factor: number;
}

/** Sends generated requests for a while. @returns what is wrong, and what the most expensive ones cost. */
export async function searchCosts({ meter, requests, seed, seconds }: SearchOptions) {
  const folder = mkdtempSync(join(tmpdir(), "contactswing-bff-fuzz-"));
  const problems: string[] = [];
  let worst: Found[] = [];
  let count = 0;
  let salt = 0;
  let ordinaryMs = 0;

  function compare(request: GeneratedRequest, scale: Scale, times: number): Promise<Comparison> {
    const render = () => {
      salt += 1;
      return request.render(scale, salt).bytes;
    };
    return compareCost(meter, render, times);
  }

  /** Most requests are cheap, which a single measurement shows. */
  async function measureOnce(request: GeneratedRequest, scale: Scale): Promise<Comparison> {
    salt += 1;
    const measured = await meter.measure(request.render(scale, salt).bytes);
    return { ...measured, cost: measured.cpuMs / ordinaryMs - measured.upstreamRequests };
  }

  /** Writes the bytes to a file: `nc` can send them again. */
  function describe(name: string, request: GeneratedRequest, scale: Scale): string {
    const { bytes, description } = request.render(scale, salt);
    const path = join(folder, `${name}.http`);
    writeFileSync(path, bytes);
    return `${bytes.length} bytes (${path}): ${description}`;
  }

  async function tryRequest(name: string, request: GeneratedRequest, factor: number): Promise<void> {
    const scale = () => factor;
    const leastCost = worst.at(keptCount - 1)?.cost ?? 0;
    const first = await measureOnce(request, scale);
    if (first.fault === undefined && first.cost <= leastCost) return;
    const measured = first.fault === undefined ? await compare(request, scale, repetitions) : first;
    const { cost, fault } = measured;
    if (fault !== undefined || cost > maxCost) {
      problems.push(`${fault ?? `costs ${formatCost(measured)}`}: ${describe(name, request, scale)}`);
    }
    if (!meter.isAlive()) await meter.restart();
    else
      worst = [...worst, { ...measured, name, request, factor }]
        .toSorted((a, b) => b.cost - a.cost)
        .slice(0, keptCount);
  }

  async function tryDoubled({ name, request, factor }: Found): Promise<void> {
    const largest = request.scalable.toSorted((a, b) => b.count - a.count).slice(0, doubledRepetitions);
    for (const [index, part] of largest.entries()) {
      const single = await compare(request, () => factor, repetitions);
      const scale = scaleOne(factor, part, 2);
      const doubled = await compare(request, scale, repetitions);
      const isProportional = doubled.cost <= maxGrowth.times * single.cost + maxGrowth.ordinaryRequests;
      if (doubled.fault === undefined && isProportional) continue;
      const growth = `costs ${formatCost(doubled)} instead of ${formatCost(single)} in twice the size`;
      problems.push(`${doubled.fault ?? growth}: ${describe(`${name}-doubled-${index}`, request, scale)}`);
      if (!meter.isAlive()) await meter.restart();
    }
  }

  const end = performance.now() + seconds * 1000;
  for (let batch = 0; performance.now() < end && problems.length < maxProblems; batch += 1) {
    const sample = fc.sample(requests, { seed: seed * 1_000_000 + batch, numRuns: batchSize });
    ordinaryMs = (await meter.measureOrdinary()).cpuMs;
    for (const [index, request] of sample.entries()) {
      const factor = fitRequest(request);
      if (factor === undefined || performance.now() > end) continue;
      count += 1;
      await tryRequest(`seed-${seed}-${batch}-${index}`, request, factor);
    }
  }
  for (const found of worst) if (problems.length < maxProblems) await tryDoubled(found);
  return {
    problems,
    count,
    worst: worst.map((found) => `${formatCost(found)}: ${describe(found.name, found.request, () => found.factor)}`),
  };
}

function formatCost({ cost, cpuMs, upstreamRequests }: Comparison): string {
  const sent = upstreamRequests > 0 ? ` besides ${upstreamRequests} requests to ContactSwing` : "";
  return `${cost.toFixed(1)} ordinary requests${sent}, ${cpuMs.toFixed(1)} ms`;
}
