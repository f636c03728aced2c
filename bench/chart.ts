export interface BarGroup {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly { readonly label: string; readonly value: number }[];
}

const width = 720;
const labelWidth = 230;
const barHeight = 18;
const gap = 6;
const titleHeight = 34;

/** Horizontal bars in groups, each with its own scale, as one SVG document for light and dark backgrounds. */
export function drawBars(groups: readonly BarGroup[]): string {
  let y = 8;
  const parts = groups.flatMap(({ title, unit, bars }) => {
    const largest = Math.max(...bars.map(({ value }) => value));
    const head = `<text class="title" x="8" y="${y + 20}">${escapeMarkup(`${title} (${unit})`)}</text>`;
    y += titleHeight;
    const rows = bars.map(({ label, value }) => {
      const length = Math.max(1, ((width - labelWidth - 90) * value) / largest);
      const middle = y + barHeight - 5;
      const row =
        `<text x="${labelWidth - 8}" y="${middle}" text-anchor="end">${escapeMarkup(label)}</text>` +
        `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2"/>` +
        `<text x="${(labelWidth + length + 6).toFixed(1)}" y="${middle}">${formatNumber(value)}</text>`;
      y += barHeight + gap;
      return row;
    });
    y += 10;
    return [head, ...rows];
  });
  const style =
    "text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600}rect{fill:#2f6fdb}" +
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#6ea8fe}}";
  const description = groups.map(({ title }) => title).join("; ");
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${y}" viewBox="0 0 ${width} ${y}" role="img" ` +
    `aria-label="${escapeMarkup(description)}">\n<style>${style}</style>\n${parts.join("\n")}\n</svg>\n`
  );
}

/** Three significant digits: these measurements are not more exact. */
export function formatNumber(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function escapeMarkup(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;");
}
