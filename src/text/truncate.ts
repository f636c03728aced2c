import { limits } from "../limits.ts";

const { messageCharacters: maxCharacters } = limits.errors;

/** At most as many characters (code points) as a message may have, the last one an ellipsis if the text was longer. */
export function truncate(text: string): string {
  if (text.length <= maxCharacters) return text;
  // A code point takes one or two UTF-16 units.
  const characters = Array.from(text.slice(0, 2 * maxCharacters + 2));
  return characters.length <= maxCharacters ? text : `${characters.slice(0, maxCharacters - 1).join("")}…`;
}
