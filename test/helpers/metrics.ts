import { type MetricFamily, parsePrometheusText } from "./prometheus-text.ts";

export interface Scrape {
  readonly text: string;
  readonly families: ReadonlyMap<string, MetricFamily>;
  /** The sum of the samples of this name that have these labels; undefined when there is none. */
  readonly value: (name: string, labels?: Record<string, string>) => number | undefined;
}

/** Scrapes a running service as Prometheus does. */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(`${url}/metrics`);
  if (response.status !== 200) throw new Error(`/metrics answered ${response.status}`);
  const text = await response.text();
  const families = parsePrometheusText(text);
  return {
    text,
    families,
    value(name, labels = {}) {
      const samples = [...families.values()]
        .flatMap((family) => family.samples)
        .filter(
          (sample) =>
            sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
        );
      return samples.length === 0 ? undefined : samples.reduce((sum, { value }) => sum + value, 0);
    },
  };
}
