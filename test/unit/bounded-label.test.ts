import { expect, test } from "@jest/globals";
import { createBoundedLabel } from "../../src/telemetry/bounded-label.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { onTestEnd } from "../helpers/cleanup.ts";
import { parsePrometheusText } from "../helpers/prometheus-text.ts";

test("passes as many different values as there may be, and calls every further one other", () => {
  const bound = createBoundedLabel(2);

  expect(["a", "b", "a", "c", "d", "b"].map(bound)).toEqual(["a", "b", "a", "other", "other", "b"]);
});

test("counts what the idempotency guard reports, with every result at 0 from the start", async () => {
  const metrics = createMetrics({ version: "1", readBreakerState: () => "closed", process });
  onTestEnd(async () => metrics.stop());

  metrics.countIdempotencyResult("replayed");
  metrics.countIdempotencyResult("replayed");
  for (let other = 0; other < 100; other += 1) metrics.countIdempotencyResult(`unheard of ${other}`);

  const samples = parsePrometheusText(await metrics.scrape()).get(
    "contactswing_bff_idempotency_results_total",
  )?.samples;
  const counts = Object.fromEntries((samples ?? []).map(({ labels, value }) => [labels.result, value]));
  expect(counts).toMatchObject({ created: 0, "not-created": 0, uncertain: 0, replayed: 2, unavailable: 0 });
  expect(counts.other).toBeGreaterThan(80);
});
