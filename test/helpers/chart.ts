import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { parse, stringify } from "yaml";
import { isTrue, parseTemplate, runTemplate, type Templates, type Value } from "./go-template.ts";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: tests look into manifests of every kind
  readonly [name: string]: any;
}

export interface RenderedChart {
  readonly manifests: readonly Manifest[];
  readonly notes: string;
  /** The only manifest of a kind; throws unless there is exactly one. */
  only(kind: string): Manifest;
}

type Values = Record<string, unknown>;

export const chartFolder = new URL("../../deploy/helm/contactswing-bff/", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, chartFolder), "utf8");

export const chart = parse(read("Chart.yaml")) as { name: string; version: string; appVersion: string };
export const defaultValues = () => parse(read("values.yaml")) as Values;
const validateValues = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true }).compile(
  JSON.parse(read("values.schema.json")),
);

/** Says where values break the chart's schema. */
export function findValueProblems(values: Values): string[] {
  validateValues(values);
  return (validateValues.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Helm's way of laying values over the chart's own: maps are merged, null takes a key away, all else replaces. */
export function mergeValues(base: unknown, over: unknown): Values {
  const isMap = (value: unknown): value is Values =>
    typeof value === "object" && value !== null && !Array.isArray(value);
  const merged: Values = { ...(base as Values) };
  for (const [name, value] of Object.entries(over as Values)) {
    if (value === null) delete merged[name];
    else merged[name] = isMap(value) && isMap(merged[name]) ? mergeValues(merged[name], value) : value;
  }
  return merged;
}

/** What `helm template <release> deploy/helm/contactswing-bff --namespace graph` renders with these values. */
export function renderChart(given: Values = {}, release = "bff"): RenderedChart {
  const values = mergeValues(defaultValues(), given);
  const problems = findValueProblems(values);
  if (problems.length > 0) throw new Error(`the values break the schema: ${problems.join("; ")}`);

  const templates: Templates = new Map();
  const files = readdirSync(new URL("templates/", chartFolder)).sort();
  const basePath = `${chart.name}/templates`;
  for (const file of files) parseTemplate(`${basePath}/${file}`, read(`templates/${file}`), templates);
  const data = {
    Values: values,
    Chart: { Name: chart.name, Version: chart.version, AppVersion: chart.appVersion },
    Release: { Name: release, Namespace: "graph", Service: "Helm" },
    Template: { BasePath: basePath },
  };
  const run = (name: string, dot: Value): string => {
    const nodes = templates.get(name);
    if (nodes === undefined) throw new Error(`no template ${name}`);
    return runTemplate(nodes, dot, { ...functions, include: run }, printText);
  };
  const manifests = files
    .filter((file) => file.endsWith(".yaml"))
    // As Kubernetes reads it: YAML 1.1, where a bare `on` is a boolean.
    .map((file) => parse(run(`${basePath}/${file}`, data), { version: "1.1" }) as Manifest | null)
    .filter((manifest) => manifest !== null);
  return {
    manifests,
    notes: run(`${basePath}/NOTES.txt`, data),
    only(kind) {
      const [manifest, ...others] = manifests.filter((candidate) => candidate.kind === kind);
      if (manifest === undefined || others.length > 0) throw new Error(`not one ${kind} among ${manifests.length}`);
      return manifest;
    },
  };
}

/** Go's %v. Helm reads every number of a values file as a float, which %v writes as 1e+06 from a million on. */
function printText(value: Value): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number" && Math.abs(value) >= 1e6) {
    return value.toExponential().replace(/e\+(\d)$/, "e+0$1");
  }
  if (value === undefined || value === null) return "";
  if (typeof value === "object") throw new Error("a whole list or map is printed");
  return String(value);
}

const indent = (width: number, text: string) => text.replace(/^/gm, " ".repeat(width));
const compare = (a: Value, b: Value) => printText(a) === printText(b);

const functions = {
  add: (...values: (number | bigint)[]) => values.reduce<bigint>((sum, value) => sum + BigInt(value), 0n),
  and: (...values: Value[]) => values.find((value) => !isTrue(value)) ?? values.at(-1),
  contains: (part: string, text: string) => text.includes(part),
  default: (fallback: Value, value: Value) => (isTrue(value) ? value : fallback),
  div: (a: bigint | number, b: bigint | number) => BigInt(a) / BigInt(b),
  eq: compare,
  gt: (a: bigint | number, b: bigint | number) => a > b,
  int64: (value: number | bigint) => BigInt(value),
  kindIs: (kind: string, value: Value) => kind === { number: "float64", boolean: "bool" }[typeof value as string],
  lt: (a: bigint | number, b: bigint | number) => a < b,
  ne: (a: Value, b: Value) => !compare(a, b),
  nindent: (width: number, text: string) => `\n${indent(width, text)}`,
  not: (value: Value) => !isTrue(value),
  or: (...values: Value[]) => values.find(isTrue) ?? values.at(-1),
  print: (...values: Value[]) => values.map(printText).join(""),
  printf: (format: string, ...values: Value[]) => {
    const left = [...values];
    return format.replace(/%(.)/g, (_, verb) => {
      if (verb !== "s") throw new Error(`printf knows %s only, not %${verb}`);
      return printText(left.shift());
    });
  },
  quote: (value: Value) => JSON.stringify(printText(value)),
  replace: (from: string, to: string, text: string) => text.replaceAll(from, to),
  required: (message: string, value: Value) => {
    if (value === undefined || value === null || value === "") throw new Error(message);
    return value;
  },
  sha256sum: (text: string) => createHash("sha256").update(text).digest("hex"),
  toString: printText,
  toYaml: (value: Value) => stringify(value, { lineWidth: 0, version: "1.1" }).trimEnd(),
  trimSuffix: (suffix: string, text: string) => (text.endsWith(suffix) ? text.slice(0, -suffix.length) : text),
  trunc: (length: number, text: string) => text.slice(0, length),
};
