/** Exceptions to the rule below, by code point (Unicode's CaseFolding.txt, status C and S). */
const exceptions: Readonly<Record<string, string>> = {
  // The dotless i folds to itself, although its capital letter has another small letter.
  "\u0131": "\u0131",
  "\u1fd3": "\u0390",
  "\u1fe3": "\u03b0",
  "\ufb05": "\ufb06",
};

/**
 * A text in which letters that differ only in their case are the same: by Unicode's simple case folding, code point by
 * code point. It is for comparing, not for reading.
 */
export function foldCase(text: string): string {
  return Array.from(text, foldCodePoint).join("");
}

/** The small letter of the capital letter: both small forms of a sigma have the same. */
function foldCodePoint(character: string): string {
  const exception = exceptions[character];
  if (exception !== undefined) return exception;
  const capital = keepSingle(character.toUpperCase(), character);
  return keepSingle(capital.toLowerCase(), capital);
}

/** Simple folding never changes the number of code points, as `ß` to `SS` would. */
function keepSingle(mapped: string, character: string): string {
  return Array.from(mapped).length === 1 ? mapped : character;
}
