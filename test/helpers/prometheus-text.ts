export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface MetricFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const namePattern = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const helpLine = new RegExp(`^# HELP (${namePattern}) (.+)$`);
const typeLine = new RegExp(`^# TYPE (${namePattern}) (counter|gauge|histogram|summary|untyped)$`);
const sampleLine = new RegExp(`^(${namePattern})(?:\\{(.*)\\})? (NaN|[+-]Inf|[-+]?[0-9.]+(?:e[-+]?[0-9]+)?)$`);
const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/y;

/**
 * Reads Prometheus' text format 0.0.4 strictly: every family has its HELP and TYPE before its samples and comes once,
 * no series comes twice, and a histogram's buckets grow up to +Inf, which is its count.
 * @throws Error for anything else.
 */
export function parsePrometheusText(text: string): Map<string, MetricFamily> {
  if (!text.endsWith("\n")) throw new Error("the last line has no end");
  const families = new Map<string, MetricFamily>();
  let help: { name: string; text: string } | undefined;
  let family: MetricFamily | undefined;
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const [, helpName, helpText] = helpLine.exec(line) ?? [];
    const [, typeName, type] = typeLine.exec(line) ?? [];
    if (helpName !== undefined && helpText !== undefined) {
      help = { name: helpName, text: helpText };
    } else if (typeName !== undefined && type !== undefined) {
      if (help?.name !== typeName || families.has(typeName)) throw new Error(`unexpected: ${line}`);
      family = { name: typeName, type, help: help.text, samples: [] };
      families.set(typeName, family);
    } else {
      const [, name, labels, value] = sampleLine.exec(line) ?? [];
      if (name === undefined || value === undefined || family === undefined) throw new Error(`unexpected: ${line}`);
      const suffix = name.slice(family.name.length);
      const suffixes = family.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      if (!name.startsWith(family.name) || !suffixes.includes(suffix)) throw new Error(`out of place: ${line}`);
      family.samples.push({ name, labels: parseLabels(labels ?? ""), value: parseValue(value) });
    }
  }
  for (const family of families.values()) checkFamily(family);
  return families;
}

function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  labelPattern.lastIndex = 0;
  while (labelPattern.lastIndex < text.length) {
    const [, name, value] = labelPattern.exec(text) ?? [];
    if (name === undefined || value === undefined || name in labels) throw new Error(`bad labels: ${text}`);
    labels[name] = value.replace(/\\(.)/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
  }
  return labels;
}

function parseValue(text: string): number {
  return text.endsWith("Inf") ? (text.startsWith("-") ? -Infinity : Infinity) : Number(text);
}

function seriesOf({ name, labels }: Sample): string {
  return JSON.stringify([name, Object.entries(labels).sort()]);
}

function checkFamily({ name, type, samples }: MetricFamily): void {
  if (new Set(samples.map(seriesOf)).size !== samples.length) throw new Error(`${name}: a series comes twice`);
  if (type === "counter" && (!name.endsWith("_total") || samples.some(({ value }) => !(value >= 0)))) {
    throw new Error(`${name} is not a counter`);
  }
  if (type !== "histogram") return;
  const buckets = Map.groupBy(
    samples.filter((sample) => sample.name.endsWith("_bucket")),
    ({ name, labels: { le: _le, ...labels } }) => seriesOf({ name, labels, value: 0 }),
  );
  for (const [series, group] of buckets) {
    const bounds = group.map(({ labels }) => parseValue(labels.le === "+Inf" ? "+Inf" : (labels.le ?? "")));
    const isGrowing = (values: number[], isStrict: boolean) =>
      values.every(
        (value, index) => index === 0 || value > (values[index - 1] ?? 0) || (!isStrict && value === values[index - 1]),
      );
    const counts = group.map(({ value }) => value);
    const count = samples.find(
      (sample) => sample.name === `${name}_count` && seriesOf({ ...sample, name: `${name}_bucket` }) === series,
    );
    if (
      !isGrowing(bounds, true) ||
      bounds.at(-1) !== Infinity ||
      !isGrowing(counts, false) ||
      counts.at(-1) !== count?.value
    ) {
      throw new Error(`${name}: bad buckets`);
    }
  }
}
