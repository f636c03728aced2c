/** What the sandbox's models say of one field, as ContactSwing's public API reference lists it. */
export interface RestField {
  readonly name: string;
  readonly type: "string" | "boolean" | "object";
  readonly isRequired: boolean;
  /** The only values that the reference documents. */
  readonly values?: readonly string[];
  readonly fields?: readonly RestField[];
}

const optional = (name: string, type: RestField["type"]): RestField => ({ name, type, isRequired: false });

export const createActionModel: readonly RestField[] = [
  { name: "name", type: "string", isRequired: true },
  optional("description", "string"),
  { name: "action_timing", type: "string", isRequired: true, values: ["DURING"] },
  { name: "type", type: "string", isRequired: true, values: ["SINGLEDATAEXTRACTION"] },
  {
    name: "webhook",
    type: "object",
    isRequired: true,
    fields: [
      optional("mandatory", "boolean"),
      optional("name", "string"),
      optional("description", "string"),
      { ...optional("type", "string"), values: ["yes/no"] },
      optional("sync_data", "boolean"),
      optional("sync_module", "string"),
      optional("sync_field", "string"),
    ],
  },
];
