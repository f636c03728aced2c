const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const space = 0x20;

/**
 * Counts the values of a JSON text without parsing it: every array item and every object member. Each costs an object or
 * an entry when it is parsed, whatever its length. In a text that is not JSON, the values before its first error are
 * counted, where parsing ends.
 */
export function countJsonValues(bytes: Uint8Array): number {
  let values = 0;
  let isInText = false;
  let isAfterOpener = false;
  for (let position = 0; position < bytes.length; position += 1) {
    const byte = bytes[position] as number;
    if (isInText) {
      if (byte === backslash) position += 1;
      else if (byte === quote) isInText = false;
      continue;
    }
    // Of the characters up to the space, JSON allows only white space.
    if (byte <= space) continue;
    // The first value of an array or object; a comma is before each further one.
    if (byte === comma || (isAfterOpener && byte !== closeBracket && byte !== closeBrace)) values += 1;
    isAfterOpener = byte === openBracket || byte === openBrace;
    isInText = byte === quote;
  }
  return values;
}
