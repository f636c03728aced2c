import type { RestField } from "./rest-fields.ts";

/** An entry of FastAPI's 422 list, as pydantic 2 writes it. */
export interface ValidationProblem {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Validates a JSON body against a model the way pydantic 2 does, message for message. */
export function validateBody(body: unknown, model: readonly RestField[]): ValidationProblem[] {
  return validateObject(body, model, ["body"]);
}

function validateObject(value: unknown, fields: readonly RestField[], loc: readonly string[]): ValidationProblem[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const msg = "Input should be a valid dictionary or object to extract fields from";
    return [{ type: "model_attributes_type", loc, msg, input: value }];
  }
  const given = value as Readonly<Record<string, unknown>>;
  return fields.flatMap((field) => validateField(given, field, [...loc, field.name]));
}

function validateField(
  given: Readonly<Record<string, unknown>>,
  field: RestField,
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

/** The answer to a body that is not JSON: the location is the byte where the parser gave up. */
export function jsonProblem(position: number): ValidationProblem {
  return {
    type: "json_invalid",
    loc: ["body", position],
    msg: "JSON decode error",
    input: {},
    ctx: { error: "Expecting value" },
  };
}
