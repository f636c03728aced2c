import type { Memory, MemoryShortage } from "./memory-budget.ts";

/** Why a chunk was not accepted: the body is larger than allowed, or there is no memory for it. */
export type Shortage = "over-limit" | MemoryShortage;

/**
 * Collects the chunks of a body in one growing buffer. Its memory is bounded by the body's size, however many chunks
 * the body arrives in: a list of one-byte chunks would take two hundred times as much. A body that arrives in a single
 * chunk, as most do, is not copied.
 */
export class ByteCollector {
  readonly #maxBytes: number;
  readonly #memory: Memory;
  #buffer: Buffer | undefined;
  #length = 0;

  constructor(maxBytes: number, memory: Memory) {
    this.#maxBytes = maxBytes;
    this.#memory = memory;
  }

  /** Returns why a chunk was not accepted, if so. Nothing may be added after that. */
  add(chunk: Buffer): Shortage | undefined {
    const length = this.#length + chunk.length;
    if (length > this.#maxBytes) return "over-limit";
    if (this.#buffer === undefined) {
      const shortage = this.#memory.take(chunk.length);
      if (shortage !== undefined) return shortage;
      this.#buffer = chunk;
    } else {
      const shortage = length > this.#buffer.length ? this.#grow(this.#buffer, length) : undefined;
      if (shortage !== undefined) return shortage;
      this.#buffer.set(chunk, this.#length);
    }
    this.#length = length;
    return undefined;
  }

  bytes(): Buffer {
    return this.#buffer?.subarray(0, this.#length) ?? Buffer.alloc(0);
  }

  #grow(buffer: Buffer, length: number): MemoryShortage | undefined {
    const size = Math.min(this.#maxBytes, Math.max(length, 2 * buffer.length));
    const shortage = this.#memory.take(size - buffer.length);
    if (shortage !== undefined) return shortage;
    // Not from Node's pool, whose slabs live as long as their last slice.
    const larger = Buffer.allocUnsafeSlow(size);
    larger.set(buffer.subarray(0, this.#length));
    this.#buffer = larger;
    return undefined;
  }
}
