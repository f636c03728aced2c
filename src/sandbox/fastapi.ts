/** An entry of FastAPI's 422 list, as pydantic 2 writes it. */
export interface ValidationProblem {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** What a value of a request body must be, as ContactSwing's public API reference describes it. */
type BodyType =
  /** `values` are the only ones that the reference documents. */
  | { readonly type: "string"; readonly values?: readonly string[] }
  | { readonly type: "boolean" | "integer" | "number" }
  | { readonly type: "object"; readonly fields: readonly BodyField[] }
  | { readonly type: "array"; readonly items: BodyType };

export type BodyField = BodyType & { readonly name: string; readonly isRequired: boolean };

const required = (name: string, type: BodyType): BodyField => ({ name, isRequired: true, ...type });
const optional = (name: string, type: BodyType): BodyField => ({ name, isRequired: false, ...type });

export const createActionModel: readonly BodyField[] = [
  required("name", { type: "string" }),
  optional("description", { type: "string" }),
  required("action_timing", { type: "string", values: ["DURING"] }),
  required("type", { type: "string", values: ["SINGLEDATAEXTRACTION"] }),
  required("webhook", {
    type: "object",
    fields: [
      optional("mandatory", { type: "boolean" }),
      optional("name", { type: "string" }),
      optional("description", { type: "string" }),
      optional("type", { type: "string", values: ["yes/no"] }),
      optional("sync_data", { type: "boolean" }),
      optional("sync_module", { type: "string" }),
      optional("sync_field", { type: "string" }),
    ],
  }),
];

/** Validates a JSON body against a model the way pydantic 2 does, message for message. */
export function validateBody(body: unknown, model: readonly BodyField[]): ValidationProblem[] {
  return validateObject(body, model, ["body"]);
}

function validateObject(
  value: unknown,
  fields: readonly BodyField[],
  loc: readonly (string | number)[],
): ValidationProblem[] {
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
  loc: readonly (string | number)[],
): ValidationProblem[] {
  const input = given[field.name];
  if (input === undefined) {
    return field.isRequired ? [{ type: "missing", loc, msg: "Field required", input: given }] : [];
  }
  return input === null && !field.isRequired ? [] : validateValue(input, field, loc);
}

function validateValue(input: unknown, expected: BodyType, loc: readonly (string | number)[]): ValidationProblem[] {
  const reject = (type: string, msg: string) => [{ type, loc, msg, input }];
  switch (expected.type) {
    case "object":
      return validateObject(input, expected.fields, loc);
    case "array":
      if (!Array.isArray(input)) return reject("list_type", "Input should be a valid list");
      return input.flatMap((item, index) => validateValue(item, expected.items, [...loc, index]));
    case "boolean":
      return typeof input === "boolean" ? [] : reject("bool_type", "Input should be a valid boolean");
    case "integer":
      return Number.isInteger(input) ? [] : reject("int_type", "Input should be a valid integer");
    case "number":
      return typeof input === "number" ? [] : reject("float_type", "Input should be a valid number");
    case "string": {
      if (typeof input !== "string") return reject("string_type", "Input should be a valid string");
      if (expected.values === undefined || expected.values.includes(input)) return [];
      const values = expected.values.map((value) => `'${value}'`).join(" or ");
      return [{ type: "literal_error", loc, msg: `Input should be ${values}`, input, ctx: { expected: values } }];
    }
  }
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
