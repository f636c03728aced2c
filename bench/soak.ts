// Ten times as many creates as ContactSwing can take, for a minute, twice: does the service keep it busy, refuse the
// rest quickly, lose or double nothing, and give its memory back? `npm run soak`; exits with 1 when a bound is broken.
//   --seconds 60  --factor 10  --slots 100  --service-time-ms 1000  --max-in-flight 100  --connections 500
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import {
  fetchStatus,
  pause,
  processorSeconds,
  residentMegabytes,
  type ServiceProcess,
  startService,
  stopService,
} from "./service-process.ts";
import { applyLoad, type LoadedCall } from "./soak-load.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    factor: { type: "string", default: "10" },
    slots: { type: "string", default: "100" },
    "service-time-ms": { type: "string", default: "1000" },
    "max-in-flight": { type: "string" },
    connections: { type: "string", default: "500" },
  },
});
const seconds = Number(values.seconds);
const factor = Number(values.factor);
const slots = Number(values.slots);
const serviceTimeMs = Number(values["service-time-ms"]);
const capacityPerSecond = slots / (serviceTimeMs / 1000);

const bounds = {
  smallestOfferedShare: 0.95,
  smallestAnsweredShare: 0.8,
  longestMedianRefusalMs: 100,
  largestMemoryGrowth: 1.15,
};

let broken = 0;
function check(isKept: boolean, text: string): void {
  if (!isKept) broken += 1;
  console.log(`  ${isKept ? "ok    " : "BROKEN"}  ${text}`);
}

/** Asks for liveness all the while; resolves with the count of the answers that were not 200. */
async function watchLiveness(url: string, isOver: () => boolean): Promise<{ asked: number; failed: number }> {
  let asked = 0;
  let failed = 0;
  while (!isOver()) {
    asked += 1;
    if ((await fetchStatus(`${url}/health/live`)) !== 200) failed += 1;
    await pause(250);
  }
  return { asked, failed };
}

function percentile(calls: readonly LoadedCall[], share: number): number {
  const sorted = calls.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

async function runOnce(run: number, { child, url }: ServiceProcess, upstream: ChildProcess): Promise<void> {
  const processorBefore = processorSeconds(child);
  let isOver = false;
  const liveness = watchLiveness(url, () => isOver);
  const { answers, sentForMs, answeredAfterMs } = await applyLoad({
    url,
    requestsPerSecond: capacityPerSecond * factor,
    seconds,
    maxConnections: Number(values.connections),
    namePrefix: `run-${run}`,
  });
  isOver = true;
  const { asked, failed } = await liveness;
  upstream.send("counts");
  const [{ counts }] = (await once(upstream, "message")) as [{ counts: [string, number][] }];

  const results = Map.groupBy(answers, ({ result }) => result);
  report(run, { results, sent: answers.length, sentForMs, answeredAfterMs, counts: new Map(counts) });
  const processorAfter = processorSeconds(child);
  if (processorBefore !== undefined && processorAfter !== undefined) {
    const usedSeconds = processorAfter - processorBefore;
    console.log(
      `          processor: ${usedSeconds.toFixed(1)} s, ${((usedSeconds / answers.length) * 1000).toFixed(2)} ms a call; ` +
        `load average of the machine ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`,
    );
  }
  check(failed === 0, `liveness: ${asked - failed} of ${asked} answered 200 under load`);
}

interface RunResult {
  readonly results: ReadonlyMap<string, readonly LoadedCall[]>;
  readonly sent: number;
  readonly sentForMs: number;
  readonly answeredAfterMs: number;
  readonly counts: ReadonlyMap<string, number>;
}

function report(run: number, { results, sent, sentForMs, answeredAfterMs, counts }: RunResult): void {
  const created = results.get("CREATED") ?? [];
  const refused = results.get("OVERLOADED") ?? [];
  const offeredPerSecond = sent / (sentForMs / 1000);
  const answeredPerSecond = created.length / (answeredAfterMs / 1000);
  const answeredShare = answeredPerSecond / capacityPerSecond;
  const offeredShare = offeredPerSecond / (capacityPerSecond * factor);
  const others = [...results].filter(([result]) => result !== "CREATED" && result !== "OVERLOADED");
  const doubled = [...counts].filter(([, count]) => count > 1).length;
  const lost = created.filter(({ name }) => !counts.has(name)).length;
  const sentThoughRefused = refused.filter(({ name }) => counts.has(name)).length;

  console.log(`run ${run}: ${sent} creates in ${(sentForMs / 1000).toFixed(1)} s`);
  check(
    offeredShare >= bounds.smallestOfferedShare,
    `offered ${offeredPerSecond.toFixed(0)}/s of ${capacityPerSecond * factor}/s`,
  );
  check(
    answeredShare >= bounds.smallestAnsweredShare,
    `created ${answeredPerSecond.toFixed(1)}/s, ${(answeredShare * 100).toFixed(1)} % of the capacity of ${capacityPerSecond}/s; median ${percentile(created, 0.5).toFixed(0)} ms, 99th ${percentile(created, 0.99).toFixed(0)} ms`,
  );
  check(
    refused.length > 0 && percentile(refused, 0.5) < bounds.longestMedianRefusalMs,
    `refused ${refused.length}: median ${percentile(refused, 0.5).toFixed(1)} ms, 99th ${percentile(refused, 0.99).toFixed(1)} ms`,
  );
  check(
    others.length === 0,
    `nothing else: ${others.map(([result, calls]) => `${calls.length} ${result}`).join(", ") || "none"}`,
  );
  check(
    doubled + lost + sentThoughRefused === 0 && counts.size === created.length,
    `lost ${lost}, doubled ${doubled}, sent though refused ${sentThoughRefused}; ContactSwing saw ${counts.size} of ${created.length} created`,
  );
}

console.log(
  `ContactSwing takes ${capacityPerSecond} creates a second; it is offered ${factor} times that for ${seconds} s, twice.`,
);
const upstream = fork(new URL("./soak-upstream.ts", import.meta.url), [String(slots), String(serviceTimeMs)]);
const [{ port }] = (await once(upstream, "message")) as [{ port: number }];
const service = await startService(port, { MAX_IN_FLIGHT: values["max-in-flight"] ?? String(slots) });
const { child } = service;
try {
  const atStart = residentMegabytes(child);
  await runOnce(1, service, upstream);
  await pause(5000);
  const before = residentMegabytes(child);
  await runOnce(2, service, upstream);
  await pause(5000);
  const after = residentMegabytes(child);
  check(
    after <= before * bounds.largestMemoryGrowth,
    `resident memory: ${atStart.toFixed(0)} MB at the start, ${before.toFixed(0)} MB before the second run, ${after.toFixed(0)} MB after it (${(((after - before) / before) * 100).toFixed(1)} %)`,
  );
} finally {
  await stopService(service);
  upstream.disconnect();
}
process.exit(broken > 0 ? 1 : 0);
