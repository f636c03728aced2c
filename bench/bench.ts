// What a create request, a list, and the upstream request alone cost, how the process starts, and what memory it uses:
// `npm run bench`. The subjects of a table take turns, because a shared machine drifts: read the ratios.
//   --rounds 5  --seconds 5  --warm-up 25000  --starts 5  --memory-requests 500000 (0 skips the part)
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import type { LoadReport, LoadSettings } from "./bench-load.ts";
import { cpuSeconds, residentMegabytes, type ServiceProcess, startService, stopService } from "./service-process.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    // Before that, much of what runs is not compiled yet: the larger a stack, the later it is at its best.
    "warm-up": { type: "string", default: "25000" },
    starts: { type: "string", default: "5" },
    "memory-requests": { type: "string", default: "500000" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const warmUpRequests = Number(values["warm-up"]);
const connections = 32;
const listLengths = [0, 10, 50, 100];
const memorySteps = 10;
// A log line for each request costs the same whatever the rest does.
const environment = { LOG_LEVEL: "warn" };

interface Subject {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
  /** For a list; see `LoadSettings`. */
  readonly rows?: number;
}

async function forkTool(name: string, ...words: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL(name, import.meta.url), words);
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return { child, port };
}

const loader = fork(new URL("./bench-load.ts", import.meta.url));
async function load(settings: LoadSettings): Promise<LoadReport> {
  loader.send(settings);
  const [report] = (await once(loader, "message")) as [LoadReport];
  if (report.failed > 0) throw new Error(`${report.failed} of ${report.requests} responses were not as expected`);
  return report;
}

/** The load's latencies, and the microseconds of CPU time that the subject spends on each request. */
async function measure({ child, port, rows }: Subject) {
  const before = cpuSeconds(child);
  const report = await load({ port, rows, connections, seconds });
  const after = cpuSeconds(child);
  const spent = before === undefined || after === undefined ? Number.NaN : after - before;
  return { ...report, microseconds: (spent * 1e6) / report.requests };
}

/** Measures the subjects in turns; the medians, and the ratio of the CPU time to that of `baseline` in the same round. */
async function measureInTurns(subjects: readonly Subject[], baseline: Subject, warmUp: number) {
  const results = new Map(subjects.map((subject) => [subject, [] as Awaited<ReturnType<typeof measure>>[]]));
  for (const { port, rows } of subjects) await load({ port, rows, connections, requests: warmUp });
  for (let round = 0; round < rounds; round++) {
    for (const [subject, list] of results) list.push(await measure(subject));
  }
  const baselines = results.get(baseline) ?? [];
  return [...results].map(([subject, list]) => ({
    ...subject,
    cpu: median(list.map(({ microseconds }) => microseconds)),
    ratio: median(list.map(({ microseconds }, round) => microseconds / (baselines[round]?.microseconds ?? Number.NaN))),
    p50: median(list.map(({ p50 }) => p50)),
    p99: median(list.map(({ p99 }) => p99)),
  }));
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
}

/** Three significant digits: these measurements are not more exact. */
function formatNumber(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function printTable(title: string, head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const texts = [head, ...rows].map((row) => row.map((cell) => (typeof cell === "number" ? formatNumber(cell) : cell)));
  const widths = head.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const lines = texts.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  "),
  );
  console.log(`\n${title}\n${lines.join("\n")}`);
}

const inTurns = `${connections} connections, median of ${rounds} rounds of ${seconds} s in turns`;

async function benchCreate(service: Subject, upstreamPort: number): Promise<void> {
  const withGot = {
    name: "baseline: node:http + got",
    ...(await forkTool("./bench-baseline.ts", "got", String(upstreamPort))),
  };
  const withNode = {
    name: "baseline: node:http",
    ...(await forkTool("./bench-baseline.ts", "node", String(upstreamPort))),
  };
  const results = await measureInTurns([service, withGot, withNode], withGot, warmUpRequests);
  const single: number[] = [];
  for (const { port } of results) single.push((await load({ port, connections: 1, seconds: 2 })).p50);
  withGot.child.disconnect();
  withNode.child.disconnect();

  printTable(
    `Create request: ${inTurns}`,
    ["", "µs of CPU time", "ratio to got baseline", "p50 ms", "p99 ms", "p99 / p50", "one connection ms"],
    results.map(({ name, cpu, ratio, p50, p99 }, index) => [
      name,
      cpu,
      ratio,
      p50,
      p99,
      p99 / p50,
      single[index] ?? Number.NaN,
    ]),
  );
}

async function benchList(service: Subject): Promise<void> {
  const create = { ...service, name: "create request" };
  const lists = listLengths.map((rows) => ({ ...service, name: `list of ${rows} rows`, rows }));
  const results = await measureInTurns([create, ...lists], create, warmUpRequests / 10);

  const empty = results.find(({ rows }) => rows === 0)?.cpu ?? Number.NaN;
  printTable(
    `dataExtractionActions(first: 100): ${inTurns}`,
    ["", "µs of CPU time", "ratio to create request", "µs per row beyond the empty list", "p50 ms", "p99 ms"],
    results.map(({ name, rows, cpu, ratio, p50, p99 }) => [
      name,
      cpu,
      ratio,
      rows ? (cpu - empty) / rows : "",
      p50,
      p99,
    ]),
  );
}

async function benchTransport(upstreamPort: number): Promise<void> {
  const names = { transport: "the service's transport", got: "got with its defaults", node: "node:http" };
  const results = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [kind, name] of Object.entries(names)) {
      const file = new URL("./bench-transport.ts", import.meta.url);
      const child = fork(file, [kind, String(upstreamPort), values["warm-up"]]);
      const [{ microseconds }] = (await once(child, "message")) as [{ microseconds: number }];
      await once(child, "exit");
      results.set(name, [...(results.get(name) ?? []), microseconds]);
    }
  }
  printTable(
    `Upstream request: client alone, ${connections} in flight, median of ${rounds} processes in turns`,
    ["", "µs of CPU time"],
    [...results].map(([name, list]) => [name, median(list)]),
  );
}

async function benchStart(upstreamPort: number): Promise<void> {
  const starts: { startMs: number; idleMegabytes: number }[] = [];
  for (let start = 0; start < Number(values.starts); start++) {
    const service = await startService(upstreamPort, environment);
    starts.push({ startMs: service.startMs, idleMegabytes: residentMegabytes(service.child) });
    await stopService(service);
  }
  const startMs = median(starts.map((start) => start.startMs));
  const idle = median(starts.map(({ idleMegabytes }) => idleMegabytes));
  printTable(
    `Start: median of ${starts.length}`,
    ["", "ms to the first response", "MB resident then"],
    [["contactswing-bff", startMs, idle]],
  );
}

async function benchMemory({ child, port }: Subject): Promise<void> {
  const requests = Number(values["memory-requests"]) / memorySteps;
  const steps: [string, number][] = [];
  for (let step = 1; step <= memorySteps; step++) {
    await load({ port, connections, requests });
    steps.push([`after ${requests * step} requests`, residentMegabytes(child)]);
  }
  printTable("Memory: resident under load", ["", "MB"], steps);
}

const upstream = await forkTool("./bench-upstream.ts");
try {
  await benchStart(upstream.port);
  await benchTransport(upstream.port);
  const service: ServiceProcess = await startService(upstream.port, environment);
  const subject = { name: "contactswing-bff", child: service.child, port: Number(new URL(service.url).port) };
  try {
    await benchCreate(subject, upstream.port);
    await benchList(subject);
    if (Number(values["memory-requests"]) > 0) await benchMemory(subject);
  } finally {
    await stopService(service);
  }
} finally {
  loader.disconnect();
  upstream.child.disconnect();
}
console.log(
  `\nNode.js ${process.version}, ${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(1)} at the end, including the benchmark's own processes`,
);
