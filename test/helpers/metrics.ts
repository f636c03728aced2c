export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Scrape {
  readonly text: string;
  readonly samples: readonly Sample[];
  /** The sum of the samples that have this name and these labels; undefined without any. */
  readonly value: (name: string, labels?: Record<string, string>) => number | undefined;
}

/** Scrapes a running service. */
export async function scrape(url: string): Promise<Scrape> {
  const response = await fetch(`${url}/metrics`);
  if (response.status !== 200) throw new Error(`/metrics returned ${response.status}`);
  const text = await response.text();
  const samples = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = "", labels = "", value]) => ({
    name,
    labels: Object.fromEntries([...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label, text]) => [label, text])),
    value: Number(value),
  }));
  return {
    text,
    samples,
    value(name, labels = {}) {
      const values = samples
        .filter((sample) => sample.name === name)
        .filter((sample) => Object.entries(labels).every(([label, text]) => sample.labels[label] === text))
        .map((sample) => sample.value);
      return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
    },
  };
}
