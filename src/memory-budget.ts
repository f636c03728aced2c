/** Takes memory from a budget; false if it has not that much left. */
export type TakeMemory = (bytes: number) => boolean;

/** What one request has taken from the budget. */
export interface RequestMemory {
  /** Takes memory for the duration of the request. */
  readonly take: TakeMemory;
  /** Whether the budget was too small at least once. */
  readonly isShort: boolean;
  /** Returns everything. What is taken later, by work that nobody waits for any more, is not counted. */
  release(): void;
}

export interface MemoryBudget {
  open(): RequestMemory;
}

/**
 * The memory that all requests in flight may use together, and that each of them may use alone. The amounts are estimates
 * by those who take it; no input must cost much more than it is counted for.
 */
export function createMemoryBudget(maxBytes: number, maxBytesPerRequest: number): MemoryBudget {
  let usedBytes = 0;

  return {
    open() {
      let takenBytes = 0;
      let isShort = false;
      let isReleased = false;
      return {
        take(bytes) {
          if (isReleased) return true;
          if (usedBytes + bytes > maxBytes || takenBytes + bytes > maxBytesPerRequest) {
            isShort = true;
            return false;
          }
          usedBytes += bytes;
          takenBytes += bytes;
          return true;
        },
        get isShort() {
          return isShort;
        },
        release() {
          usedBytes -= takenBytes;
          takenBytes = 0;
          isReleased = true;
        },
      };
    },
  };
}
