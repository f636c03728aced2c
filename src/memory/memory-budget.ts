/** Why there is no memory: one request may not use that much, or the requests in flight use too much together. */
export type MemoryShortage = "request-too-large" | "memory-short";

/** Memory that can be taken until the end of a request. */
export interface Memory {
  /** Takes memory, or returns why that is not possible. */
  take(bytes: number): MemoryShortage | undefined;
  /** Returns memory that was taken before. */
  giveBack(bytes: number): void;
}

/**
 * The memory that all requests in flight may use together, and that each of them may use alone. The amounts are estimates
 * by those who take it; no input may cost much more than it is counted for.
 */
export interface MemoryBudget {
  readonly maxBytes: number;
  readonly maxBytesPerRequest: number;
  /** Called whenever the requests in flight use too much together. */
  readonly onShort: () => void;
  usedBytes: number;
}

/** What one request has taken from the budget. */
export class RequestMemory implements Memory {
  readonly #budget: MemoryBudget;
  #takenBytes = 0;
  #isReleased = false;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** After the release nothing is counted: work that is still running has lost its reader. */
  take(bytes: number): MemoryShortage | undefined {
    if (this.#isReleased) return undefined;
    if (this.#takenBytes + bytes > this.#budget.maxBytesPerRequest) return "request-too-large";
    if (this.#budget.usedBytes + bytes > this.#budget.maxBytes) {
      this.#budget.onShort();
      return "memory-short";
    }
    this.#count(bytes);
    return undefined;
  }

  giveBack(bytes: number): void {
    if (!this.#isReleased) this.#count(-bytes);
  }

  /** Returns everything. */
  release(): void {
    this.#count(-this.#takenBytes);
    this.#isReleased = true;
  }

  #count(bytes: number): void {
    this.#budget.usedBytes += bytes;
    this.#takenBytes += bytes;
  }
}

/** Memory whose sum can be given back before its request ends. */
export class MemoryHold implements Memory {
  readonly #memory: Memory;
  #takenBytes = 0;

  constructor(memory: Memory) {
    this.#memory = memory;
  }

  take(bytes: number): MemoryShortage | undefined {
    const shortage = this.#memory.take(bytes);
    if (shortage === undefined) this.#takenBytes += bytes;
    return shortage;
  }

  giveBack(bytes: number): void {
    this.#memory.giveBack(bytes);
    this.#takenBytes -= bytes;
  }

  release(): void {
    this.giveBack(this.#takenBytes);
  }
}
