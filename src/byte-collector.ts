import type { TakeMemory } from "./memory-budget.ts";

/** Why a chunk was not accepted: the body is larger than allowed, or there is no memory for it. */
export type Shortage = "over-limit" | "out-of-memory";

/**
 * Collects the chunks of a body in one growing buffer. Its memory is bounded by the body's size, however many chunks
 * the body arrives in: a list of one-byte chunks would take two hundred times as much.
 */
export class ByteCollector {
  readonly #maxBytes: number;
  readonly #takeMemory: TakeMemory;
  #buffer = Buffer.alloc(0);
  #length = 0;

  constructor(maxBytes: number, takeMemory: TakeMemory = () => true) {
    this.#maxBytes = maxBytes;
    this.#takeMemory = takeMemory;
  }

  /** Copies a chunk; returns why not, if it was not accepted. Nothing may be added after that. */
  add(chunk: Uint8Array): Shortage | undefined {
    const length = this.#length + chunk.length;
    if (length > this.#maxBytes) return "over-limit";
    if (length > this.#buffer.length && !this.#grow(length)) return "out-of-memory";
    this.#buffer.set(chunk, this.#length);
    this.#length = length;
    return undefined;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(length: number): boolean {
    const size = Math.min(this.#maxBytes, Math.max(length, 2 * this.#buffer.length));
    if (!this.#takeMemory(size - this.#buffer.length)) return false;
    // Not from Node's pool, whose slabs live as long as their last slice.
    const larger = Buffer.allocUnsafeSlow(size);
    larger.set(this.bytes());
    this.#buffer = larger;
    return true;
  }
}
