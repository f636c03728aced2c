export type Scrape = Awaited<ReturnType<typeof scrape>>;

/** Scrapes a running service. */
export async function scrape(url: string) {
  const response = await fetch(`${url}/metrics`);
  if (response.status !== 200) throw new Error(`/metrics returned ${response.status}`);
  const text = await response.text();
  const samples = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = "", labels = "", value]) => ({
    name,
    labels: Object.fromEntries(
      [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = "", text = ""]) => [label, text]),
    ),
    value: Number(value),
  }));
  return {
    text,
    samples,
    /** The sum of the samples that have this name and these labels; undefined without any. */
    value(name: string, labels: Record<string, string> = {}): number | undefined {
      const values = samples
        .filter((sample) => sample.name === name)
        .filter((sample) => Object.entries(labels).every(([label, text]) => sample.labels[label] === text))
        .map((sample) => sample.value);
      return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
    },
  };
}
