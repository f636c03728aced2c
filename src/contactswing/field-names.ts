/** An input field: its name in the REST API and, where it has any, the fields inside it or its enum values. */
export type FieldName =
  | string
  | {
      readonly restName: string;
      readonly fields?: FieldNames;
      /** GraphQL enum value → REST value. */
      readonly values?: Readonly<Record<string, string>>;
    };

/** GraphQL name → REST name, level by level. */
export type FieldNames = Readonly<Record<string, FieldName>>;

/** A table that names every field of `Input`. */
export type FieldNamesOf<Input> = { readonly [Field in keyof Required<Input>]: FieldName };

/** The REST form of an input: absent and null fields are omitted, every other value is sent as given. */
export function toRestObject(input: object, names: FieldNames): Record<string, unknown> {
  const given = input as Readonly<Record<string, unknown>>;
  const rest: Record<string, unknown> = {};
  for (const [name, entry] of Object.entries(names)) {
    const value = given[name];
    if (value === undefined || value === null) continue;
    const { restName, fields, values } = typeof entry === "string" ? { restName: entry } : entry;
    rest[restName] = fields ? toRestObject(value, fields) : values ? values[value as string] : value;
  }
  return rest;
}

/** Translates the REST names in ContactSwing's errors into the names of one operation's GraphQL arguments. */
export interface Translator {
  /** pydantic's `loc` → the longest path that exists in the operation's arguments. */
  toPath(location: readonly (string | number)[]): string[];
  /** `sync_field is required` → `syncField is required`. */
  toMessage(message: string): string;
}

/**
 * @param argument the GraphQL argument that holds the input fields; undefined when the fields are arguments themselves.
 * @param fallback the path for a location that names no known field.
 */
export function createTranslator(names: FieldNames, argument: string | undefined, fallback: string[]): Translator {
  const words = new Map(listRestWords(names));
  const pattern = words.size === 0 ? undefined : new RegExp([...words.keys()].map(toWordPattern).join("|"), "g");
  return {
    toPath([head, ...rest]) {
      const path = argument === undefined ? [] : [argument];
      let fields: FieldNames | undefined = names;
      // FastAPI starts a location with the part of the request. Indexes, union tags, and byte offsets end the path.
      for (const part of ["body", "path", "query"].includes(String(head)) ? rest : [head, ...rest]) {
        const found = findByRestName(fields, String(part));
        if (found === undefined) break;
        path.push(found.name);
        fields = found.fields;
      }
      return path.length === 0 ? fallback : path;
    },
    toMessage: (message) =>
      pattern === undefined ? message : message.replace(pattern, (word) => words.get(word) ?? word),
  };
}

function findByRestName(names: FieldNames | undefined, restName: string) {
  for (const [name, entry] of Object.entries(names ?? {})) {
    if (typeof entry === "string" ? entry === restName : entry.restName === restName) {
      return { name, fields: typeof entry === "string" ? undefined : entry.fields };
    }
  }
  return undefined;
}

function listRestWords(names: FieldNames): (readonly [string, string])[] {
  return Object.entries(names).flatMap(([name, entry]) => {
    if (typeof entry === "string") return entry === name ? [] : [[entry, name] as const];
    const values = Object.entries(entry.values ?? {}).map(([value, restValue]) => [restValue, value] as const);
    return [
      ...(entry.restName === name ? [] : [[entry.restName, name] as const]),
      ...values,
      ...listRestWords(entry.fields ?? {}),
    ];
  });
}

/** A whole word. `yes/no/maybe` is a different word than `yes/no`; `sync_field/sync_module` are two words. */
function toWordPattern(word: string): string {
  const boundary = word.includes("/") ? "[\\w/]" : "\\w";
  return `(?<!${boundary})${RegExp.escape(word)}(?!${boundary})`;
}
