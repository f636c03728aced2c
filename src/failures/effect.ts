/** What an operation does to ContactSwing's data. */
export type Effect = "read" | "create" | "update" | "delete";
export type WriteEffect = Exclude<Effect, "read">;

/** Whether a write has been done; `unknown` if it may have been. */
export type WriteState = "not-done" | "unknown" | "done";
