/**
 * A text whose repetitions can be scaled, so that the same shape exists in any size. In what is repeated, `%n` is the
 * number of the repetition, and `%m` the next one.
 */
export type ScalableText = string | Repetition | Nesting | readonly ScalableText[];

interface Repetition {
  readonly repeat: ScalableText;
  readonly count: number;
  readonly separator?: string;
  /** Follows the repetitions; its `%n` is their count. */
  readonly last?: ScalableText;
}

interface Nesting {
  readonly open: string;
  readonly inner: ScalableText;
  readonly close: string;
  readonly count: number;
}

export type Scalable = Repetition | Nesting;

/** What the count of a repetition is multiplied by. */
export type Scale = (part: Scalable) => number;

export function renderText(text: ScalableText, scale: Scale): string {
  if (typeof text === "string") return text;
  if ("count" in text) {
    const count = Math.max(1, Math.round(text.count * scale(text)));
    if ("open" in text) return text.open.repeat(count) + renderText(text.inner, scale) + text.close.repeat(count);
    const { separator = "", last = "" } = text;
    return repeatNumbered(renderText(text.repeat, scale), count, separator) + number(renderText(last, scale), count);
  }
  return text.map((part) => renderText(part, scale)).join("");
}

function repeatNumbered(piece: string, count: number, separator: string): string {
  if (!piece.includes("%")) return (piece + separator).repeat(count - 1) + piece;
  return Array.from({ length: count }, (_, index) => number(piece, index)).join(separator);
}

function number(piece: string, index: number): string {
  return piece.replaceAll("%n", String(index)).replaceAll("%m", String(index + 1));
}

/** How many characters the text would have, about: numbers are counted as two. */
export function measureText(text: ScalableText, scale: Scale): number {
  if (typeof text === "string") return text.length;
  if ("count" in text) {
    const count = Math.max(1, Math.round(text.count * scale(text)));
    if ("open" in text) return count * (text.open.length + text.close.length) + measureText(text.inner, scale);
    const { separator = "", last = "" } = text;
    return count * (measureText(text.repeat, scale) + separator.length) + measureText(last, scale);
  }
  return text.reduce((sum: number, part) => sum + measureText(part, scale), 0);
}

/** Every repetition in a text, also the nested ones. */
export function listScalable(text: ScalableText): Scalable[] {
  if (typeof text === "string") return [];
  if (!("count" in text)) return text.flatMap(listScalable);
  const parts = "open" in text ? [text.inner] : [text.repeat, text.last ?? ""];
  return [text, ...parts.flatMap(listScalable)];
}
