/** An entry of FastAPI's 422 list, as pydantic 2 writes it. */
export interface ValidationProblem {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** A field of a request body, as ContactSwing's public API reference lists it. */
interface BodyField {
  readonly name: string;
  readonly type: "string" | "boolean" | "object";
  readonly isRequired: boolean;
  /** The only values that the reference documents. */
  readonly values?: readonly string[];
  readonly fields?: readonly BodyField[];
}

const optional = (name: string, type: BodyField["type"]): BodyField => ({ name, type, isRequired: false });

export const createActionModel: readonly BodyField[] = [
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

/** Validates a JSON body against a model the way pydantic 2 does, message for message. */
export function validateBody(body: unknown, model: readonly BodyField[]): ValidationProblem[] {
  return validateObject(body, model, ["body"]);
}

function validateObject(value: unknown, fields: readonly BodyField[], loc: readonly string[]): ValidationProblem[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const msg = "Input should be a valid dictionary or object to extract fields from";
    return [{ type: "model_attributes_type", loc, msg, input: value }];
  }
  const given = value as Readonly<Record<string, unknown>>;
  return fields.flatMap((field) => validateField(given, field, [...loc, field.name]));
}

function validateField(
  given: Readonly<Record<string, unknown>>,
  field: BodyField,
  loc: readonly string[],
): ValidationProblem[] {
  const input = given[field.name];
  if (input === undefined) {
    return field.isRequired ? [{ type: "missing", loc, msg: "Field required", input: given }] : [];
  }
  if (input === null && !field.isRequired) return [];
  if (field.fields) return validateObject(input, field.fields, loc);
  if (field.type === "boolean" && typeof input !== "boolean") {
    return [{ type: "bool_type", loc, msg: "Input should be a valid boolean", input }];
  }
  if (field.type === "string" && typeof input !== "string") {
    return [{ type: "string_type", loc, msg: "Input should be a valid string", input }];
  }
  if (field.values && !field.values.includes(input as string)) {
    const expected = field.values.map((value) => `'${value}'`).join(" or ");
    return [{ type: "literal_error", loc, msg: `Input should be ${expected}`, input, ctx: { expected } }];
  }
  return [];
}

/** The problem of a body that is not JSON: its location is the byte where the parser gave up. */
export function jsonProblem(position: number): ValidationProblem {
  return {
    type: "json_invalid",
    loc: ["body", position],
    msg: "JSON decode error",
    input: {},
    ctx: { error: "Expecting value" },
  };
}

/** Reads an integer query parameter the way FastAPI does; adds what is wrong with it to `problems`. */
export function readInteger(
  query: URLSearchParams,
  name: string,
  { fallback, ge, le }: { fallback: number; ge: number; le?: number },
  problems: ValidationProblem[],
): number {
  const input = query.get(name);
  if (input === null) return fallback;
  const report = (type: string, msg: string, ctx?: Record<string, unknown>) => {
    problems.push({ type, loc: ["query", name], msg, input, ...(ctx && { ctx }) });
    return fallback;
  };
  if (!/^[+-]?\d+$/.test(input)) {
    return report("int_parsing", "Input should be a valid integer, unable to parse string as an integer");
  }
  const value = Number(input);
  if (value < ge) return report("greater_than_equal", `Input should be greater than or equal to ${ge}`, { ge });
  if (le !== undefined && value > le) {
    return report("less_than_equal", `Input should be less than or equal to ${le}`, { le });
  }
  return value;
}
