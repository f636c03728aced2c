const initialBytes = 4096;

/**
 * Collects the chunks of a body in one growing buffer. Its memory is bounded by the body's size, however many chunks
 * the body arrives in: a list of one-byte chunks would take two hundred times as much.
 */
export class ByteCollector {
  readonly #maxBytes: number;
  #buffer: Buffer;
  #length = 0;

  /** @param expectedBytes the announced size, if there is one; a wrong one does no harm. */
  constructor(maxBytes: number, expectedBytes = initialBytes) {
    this.#maxBytes = maxBytes;
    this.#buffer = Buffer.allocUnsafe(Math.min(maxBytes, Math.max(expectedBytes, 1)));
  }

  /** Copies a chunk; false if the body is now larger than allowed, and the chunk was not kept. */
  add(chunk: Buffer): boolean {
    const length = this.#length + chunk.length;
    if (length > this.#maxBytes) return false;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.#maxBytes, Math.max(length, this.#buffer.length * 2)));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    chunk.copy(this.#buffer, this.#length);
    this.#length = length;
    return true;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }
}
