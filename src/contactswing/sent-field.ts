/** What a value in a request body is. */
export type SentValue =
  | { readonly type: "string"; readonly values?: readonly string[]; readonly maxLength?: number }
  | { readonly type: "boolean" | "integer" | "number" }
  | { readonly type: "object"; readonly fields: readonly SentField[] }
  | { readonly type: "array"; readonly items: SentValue };

/** A field of a request body, for comparing it with ContactSwing's own description. */
export interface SentField {
  readonly restName: string;
  /** Whether every request has it. */
  readonly isAlwaysSent: boolean;
  readonly value: SentValue;
}
