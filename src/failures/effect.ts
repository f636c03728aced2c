/** What an operation does to ContactSwing's data. */
export type Effect = "read" | "create" | "update" | "delete";
export type WriteEffect = Exclude<Effect, "read">;

/** Whether a write has been done. */
export type WriteState = "not-done" | "unknown" | "done";
