// No request of at most 4 KiB costs much more than others, and twice the size costs no more than about twice as much.
// FUZZ_SECONDS says for how long that is tried, FUZZ_SEED with which requests, and FUZZ_ENTRY names the start.cjs of
// another build.
import process from "node:process";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createSubgraphSchema } from "../src/graphql/schema.ts";
import { operations } from "../src/operations/index.ts";
import { startCostMeter } from "./helpers/fuzz/cost-meter.ts";
import { generateRequest } from "./helpers/fuzz/generate-request.ts";
import { searchCosts } from "./helpers/fuzz/search-costs.ts";

const { FUZZ_SECONDS = "8", FUZZ_SEED = "1", FUZZ_ENTRY } = process.env;
const environments: [string, Record<string, string>][] = [
  ["in production", {}],
  ["with introspection", { PLAYGROUND: "true" }],
];
const seconds = Number(FUZZ_SECONDS) / environments.length;
const reportedCount = 3;
const timeoutMs = 2 * seconds * 1000 + 120_000;

test.each(environments)(
  "no generated request costs much more than its size, %s",
  async (_case, environment) => {
    const meter = await startCostMeter(environment, FUZZ_ENTRY);
    const requests = fc.noBias(generateRequest(createSubgraphSchema(operations).schema));

    const { problems, worst, count } = await searchCosts({ meter, requests, seed: Number(FUZZ_SEED), seconds });

    console.log(`The worst of ${count} requests:\n${worst.slice(0, reportedCount).join("\n")}`);
    expect(problems).toEqual([]);
    expect(count).toBeGreaterThan(20);
    expect(meter.isAlive()).toBe(true);
    expect(meter.bugs()).toEqual([]);
  },
  timeoutMs,
);
