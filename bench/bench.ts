// What one create costs, what of it is the call to ContactSwing, how the process starts and what it keeps: `npm run
// bench`. The service and the floors under it take turns, since a shared machine drifts: read the ratios.
//   --rounds 5  --seconds 5  --starts 5  --memory-calls 500000 (0 leaves the part out)  --chart FILE
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import type { LoadOrder, LoadReport } from "./bench-load.ts";
import { type BarGroup, drawBars, formatNumber } from "./chart.ts";
import {
  processorSeconds,
  residentMegabytes,
  type ServiceProcess,
  startService,
  stopService,
} from "./service-process.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "5" },
    starts: { type: "string", default: "5" },
    "memory-calls": { type: "string", default: "500000" },
    chart: { type: "string" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const connections = 32;
// Until then much of what runs is not compiled yet: the larger a stack, the later it is at its best.
const warmUpCalls = 25_000;
const memorySteps = 10;
// A log line for each create costs the same whatever the rest does.
const environment = { LOG_LEVEL: "warn" };

interface Subject {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
}

async function forkTool(name: string, ...words: readonly string[]): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL(name, import.meta.url), words);
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  return { child, port };
}

const loader = fork(new URL("./bench-load.ts", import.meta.url));
async function load(order: LoadOrder): Promise<LoadReport> {
  loader.send(order);
  const [report] = (await once(loader, "message")) as [LoadReport];
  if (report.failed > 0) throw new Error(`${report.failed} of ${report.calls} creates were not answered well`);
  return report;
}

/** Microseconds of processor time, user and system, that a process spends on each of the calls of a load. */
async function measure({ child, port }: Subject, order: Omit<LoadOrder, "port">) {
  const before = processorSeconds(child);
  const report = await load({ ...order, port });
  const after = processorSeconds(child);
  const spent = before === undefined || after === undefined ? Number.NaN : after - before;
  return { ...report, microseconds: (spent * 1e6) / report.calls };
}

function median(list: readonly number[]): number {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
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

async function benchOperation(service: ServiceProcess, upstreamPort: number): Promise<BarGroup> {
  const gotFloor = await forkTool("./bench-floor.ts", "got", String(upstreamPort));
  const nodeFloor = await forkTool("./bench-floor.ts", "node", String(upstreamPort));
  const subjects: Subject[] = [
    { name: "contactswing-bff", child: service.child, port: Number(new URL(service.url).port) },
    { name: "floor: node:http + got", ...gotFloor },
    { name: "floor: node:http", ...nodeFloor },
  ];
  const results = new Map(subjects.map(({ name }) => [name, [] as Awaited<ReturnType<typeof measure>>[]]));
  for (const subject of subjects) await load({ port: subject.port, connections, calls: warmUpCalls });
  for (let round = 0; round < rounds; round++) {
    for (const subject of subjects) results.get(subject.name)?.push(await measure(subject, { connections, seconds }));
  }
  const single = new Map<string, number>();
  for (const { name, port } of subjects) single.set(name, (await load({ port, connections: 1, seconds: 2 })).p50);
  gotFloor.child.disconnect();
  nodeFloor.child.disconnect();

  const floor = results.get("floor: node:http + got") ?? [];
  const rows = [...results].map(([name, list]) => {
    const ratios = list.map(({ microseconds }, round) => microseconds / (floor[round]?.microseconds ?? Number.NaN));
    const of = (key: "microseconds" | "p50" | "p99") => median(list.map((result) => result[key]));
    return {
      name,
      cpu: of("microseconds"),
      ratio: median(ratios),
      p50: of("p50"),
      p99: of("p99"),
      one: single.get(name),
    };
  });
  printTable(
    `Operation: creates over ${connections} connections, median of ${rounds} rounds of ${seconds} s in turns`,
    ["", "µs of processor", "ratio to got floor", "p50 ms", "p99 ms", "p99 / p50", "one connection ms"],
    rows.map(({ name, cpu, ratio, p50, p99, one = Number.NaN }) => [name, cpu, ratio, p50, p99, p99 / p50, one]),
  );
  const bars = rows.map(({ name, cpu }) => ({ label: name, value: cpu }));
  return { title: "Processor time of a create", unit: "µs", bars };
}

async function benchCall(upstreamPort: number): Promise<BarGroup> {
  const names = { transport: "the service's transport", got: "got as it comes", node: "node:http" };
  const results = new Map<string, number[]>();
  for (let round = 0; round < rounds; round++) {
    for (const [kind, name] of Object.entries(names)) {
      const child = fork(new URL("./bench-call.ts", import.meta.url), [kind, String(upstreamPort), "20000"]);
      const [{ microseconds }] = (await once(child, "message")) as [{ microseconds: number }];
      await once(child, "exit");
      results.set(name, [...(results.get(name) ?? []), microseconds]);
    }
  }
  const bars = [...results].map(([label, list]) => ({ label, value: median(list) }));
  printTable(
    `Upstream call: client alone, ${connections} at a time, after 20,000 calls, median of ${rounds} processes in turns`,
    ["", "µs of processor"],
    bars.map(({ label, value }) => [label, value]),
  );
  return { title: "Processor time of the call to ContactSwing", unit: "µs", bars };
}

async function benchStart(upstreamPort: number): Promise<BarGroup> {
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
    ["", "ms to the first answer", "MB resident then"],
    [["contactswing-bff", startMs, idle]],
  );
  return { title: "Start", unit: "ms to the first answer", bars: [{ label: "contactswing-bff", value: startMs }] };
}

async function benchMemory(service: ServiceProcess): Promise<BarGroup> {
  const port = Number(new URL(service.url).port);
  const calls = Number(values["memory-calls"]);
  const steps: { label: string; value: number }[] = [];
  for (let step = 1; step <= memorySteps; step++) {
    await load({ port, connections, calls: calls / memorySteps });
    steps.push({ label: `after ${(calls / memorySteps) * step} calls`, value: residentMegabytes(service.child) });
  }
  printTable(
    "Memory: resident under load",
    ["", "MB"],
    steps.map(({ label, value }) => [label, value]),
  );
  return { title: "Resident memory under load", unit: "MB", bars: steps };
}

const upstream = await forkTool("./bench-upstream.ts");
const groups: BarGroup[] = [];
try {
  groups.push(await benchStart(upstream.port), await benchCall(upstream.port));
  const service = await startService(upstream.port, environment);
  try {
    groups.push(await benchOperation(service, upstream.port));
    if (Number(values["memory-calls"]) > 0) groups.push(await benchMemory(service));
  } finally {
    await stopService(service);
  }
} finally {
  loader.disconnect();
  upstream.child.disconnect();
}
console.log(
  `\nNode.js ${process.version}, ${availableParallelism()} cores, load average ${loadavg()[0]?.toFixed(1)} at the end, the tools of the measurement included`,
);
if (values.chart !== undefined) writeFileSync(values.chart, drawBars(groups));
