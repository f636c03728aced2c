/** Memory that can be taken until the end of a request. */
export interface Memory {
  /** False if there is not that much left. */
  take(bytes: number): boolean;
}

/**
 * The memory that all requests in flight may use together, and that each of them may use alone. The amounts are estimates
 * by those who take it; no input may cost much more than it is counted for.
 */
export interface MemoryBudget {
  readonly maxBytes: number;
  readonly maxBytesPerRequest: number;
  usedBytes: number;
}

/** What one request has taken from the budget. */
export class RequestMemory implements Memory {
  readonly #budget: MemoryBudget;
  #takenBytes = 0;
  #isReleased = false;
  #isShort = false;

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** Whether the budget was too small at least once. */
  get isShort(): boolean {
    return this.#isShort;
  }

  /** What is taken after the release, by work whose result is no longer needed, is not counted. */
  take(bytes: number): boolean {
    if (this.#isReleased) return true;
    const { usedBytes, maxBytes, maxBytesPerRequest } = this.#budget;
    if (usedBytes + bytes > maxBytes || this.#takenBytes + bytes > maxBytesPerRequest) {
      this.#isShort = true;
    } else {
      this.#budget.usedBytes += bytes;
      this.#takenBytes += bytes;
    }
    return !this.#isShort;
  }

  /** Returns everything. */
  release(): void {
    this.#budget.usedBytes -= this.#takenBytes;
    this.#takenBytes = 0;
    this.#isReleased = true;
  }
}
