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
    const { restName, fields, values } = readEntry(entry);
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
 * A location that names no known field belongs to the argument or, without one, to the first field.
 * @param argument the GraphQL argument that holds the input fields; undefined when the fields are arguments themselves.
 */
export function createTranslator(names: FieldNames, argument: string | undefined): Translator {
  const words = new Map(listRestWords(names));
  const pattern = words.size === 0 ? undefined : new RegExp([...words.keys()].map(toWordPattern).join("|"), "g");
  return {
    toPath([head, ...rest]) {
      const path = argument === undefined ? [] : [argument];
      let fields = names;
      // FastAPI starts a location with the part of the request. Indexes, union tags, and byte offsets end the path.
      for (const part of ["body", "path", "query"].includes(String(head)) ? rest : [head, ...rest]) {
        const found = Object.entries(fields).find(([, entry]) => readEntry(entry).restName === String(part));
        if (found === undefined) break;
        path.push(found[0]);
        fields = readEntry(found[1]).fields ?? {};
      }
      return path.length === 0 ? Object.keys(names).slice(0, 1) : path;
    },
    toMessage: (message) =>
      pattern === undefined ? message : message.replace(pattern, (word) => words.get(word) ?? word),
  };
}

function readEntry(entry: FieldName): Exclude<FieldName, string> {
  return typeof entry === "string" ? { restName: entry } : entry;
}

/** REST name or value → GraphQL name or value, where they differ. */
function listRestWords(names: FieldNames): [string, string][] {
  return Object.entries(names).flatMap(([name, entry]) => {
    const { restName, values = {}, fields = {} } = readEntry(entry);
    const restValues = Object.entries(values).map(([value, restValue]): [string, string] => [restValue, value]);
    const words: [string, string][] = [[restName, name], ...restValues, ...listRestWords(fields)];
    return words.filter(([restWord, word]) => restWord !== word);
  });
}

/** A whole word. `yes/no/maybe` is a different word than `yes/no`; `sync_field/sync_module` are two words. */
function toWordPattern(word: string): string {
  const boundary = word.includes("/") ? "[\\w/]" : "\\w";
  return `(?<!${boundary})${RegExp.escape(word)}(?!${boundary})`;
}
