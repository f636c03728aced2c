// Ten times as many create requests as ContactSwing can take, for a minute, twice: does the service keep it busy, reject
// the rest quickly, lose or duplicate nothing, and free its memory? `npm run soak`; exits with 1 if a bound is exceeded.
//   --seconds 60  --factor 10  --slots 100  --service-time-ms 1000  --max-in-flight 100  --connections 500
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import {
  cpuSeconds,
  fetchStatus,
  pause,
  residentMegabytes,
  type ServiceProcess,
  startService,
  stopService,
} from "./service-process.ts";
import { applyLoad, type LoadedRequest } from "./soak-load.ts";

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
  smallestCreatedShare: 0.8,
  longestMedianRejectionMs: 100,
  largestMemoryGrowth: 1.15,
};

let broken = 0;
function check(isKept: boolean, text: string): void {
  if (!isKept) broken += 1;
  console.log(`  ${isKept ? "ok    " : "BROKEN"}  ${text}`);
}

/** Checks liveness until `isOver`; counts the checks and those whose status was not 200. */
async function watchLiveness(url: string, isOver: () => boolean): Promise<{ checked: number; failed: number }> {
  let checked = 0;
  let failed = 0;
  while (!isOver()) {
    checked += 1;
    if ((await fetchStatus(`${url}/health/live`)) !== 200) failed += 1;
    await pause(250);
  }
  return { checked, failed };
}

function percentile(requests: readonly LoadedRequest[], share: number): number {
  const sorted = requests.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

async function runOnce(run: number, { child, url }: ServiceProcess, upstream: ChildProcess): Promise<void> {
  const cpuBefore = cpuSeconds(child);
  let isOver = false;
  const liveness = watchLiveness(url, () => isOver);
  const load = await applyLoad({
    url,
    requestsPerSecond: capacityPerSecond * factor,
    seconds,
    maxConnections: Number(values.connections),
    namePrefix: `run-${run}`,
  });
  isOver = true;
  const { checked, failed } = await liveness;
  upstream.send("counts");
  const [{ counts }] = (await once(upstream, "message")) as [{ counts: [string, number][] }];

  const results = Map.groupBy(load.requests, ({ result }) => result);
  report(run, { ...load, results, counts: new Map(counts) });
  const cpuAfter = cpuSeconds(child);
  if (cpuBefore !== undefined && cpuAfter !== undefined) {
    const usedSeconds = cpuAfter - cpuBefore;
    console.log(
      `          CPU time: ${usedSeconds.toFixed(1)} s, ${((usedSeconds / load.requests.length) * 1000).toFixed(2)} ms per request; ` +
        `load average of the machine ${loadavg()[0]?.toFixed(1)} on ${availableParallelism()} cores`,
    );
  }
  check(failed === 0, `liveness: ${checked - failed} of ${checked} responses were 200 under load`);
}

interface RunResult {
  readonly results: ReadonlyMap<string, readonly LoadedRequest[]>;
  readonly requests: readonly LoadedRequest[];
  readonly sentForMs: number;
  readonly completedAfterMs: number;
  readonly counts: ReadonlyMap<string, number>;
}

function report(run: number, { results, requests, sentForMs, completedAfterMs, counts }: RunResult): void {
  const created = results.get("CREATED") ?? [];
  const rejected = results.get("OVERLOADED") ?? [];
  const offeredPerSecond = requests.length / (sentForMs / 1000);
  const createdPerSecond = created.length / (completedAfterMs / 1000);
  const createdShare = createdPerSecond / capacityPerSecond;
  const offeredShare = offeredPerSecond / (capacityPerSecond * factor);
  const others = [...results].filter(([result]) => result !== "CREATED" && result !== "OVERLOADED");
  const duplicated = [...counts].filter(([, count]) => count > 1).length;
  const lost = created.filter(({ name }) => !counts.has(name)).length;
  const sentThoughRejected = rejected.filter(({ name }) => counts.has(name)).length;

  console.log(`run ${run}: ${requests.length} create requests in ${(sentForMs / 1000).toFixed(1)} s`);
  check(
    offeredShare >= bounds.smallestOfferedShare,
    `offered ${offeredPerSecond.toFixed(0)}/s of ${capacityPerSecond * factor}/s`,
  );
  check(
    createdShare >= bounds.smallestCreatedShare,
    `created ${createdPerSecond.toFixed(1)}/s, ${(createdShare * 100).toFixed(1)} % of the capacity of ${capacityPerSecond}/s; median ${percentile(created, 0.5).toFixed(0)} ms, 99th ${percentile(created, 0.99).toFixed(0)} ms`,
  );
  check(
    rejected.length > 0 && percentile(rejected, 0.5) < bounds.longestMedianRejectionMs,
    `rejected ${rejected.length}: median ${percentile(rejected, 0.5).toFixed(1)} ms, 99th ${percentile(rejected, 0.99).toFixed(1)} ms`,
  );
  check(
    others.length === 0,
    `nothing else: ${others.map(([result, { length }]) => `${length} ${result}`).join(", ") || "none"}`,
  );
  check(
    duplicated + lost + sentThoughRejected === 0 && counts.size === created.length,
    `lost ${lost}, duplicated ${duplicated}, sent though rejected ${sentThoughRejected}; ContactSwing saw ${counts.size} of ${created.length} created`,
  );
}

console.log(
  `ContactSwing takes ${capacityPerSecond} create requests per second; it is offered ${factor} times that for ${seconds} s, twice.`,
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
