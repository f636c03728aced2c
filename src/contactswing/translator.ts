/** A field of a request body: its name in the REST API and, where it has any, the fields inside it or its enum values. */
export interface FieldName {
  readonly restName: string;
  readonly fields?: FieldNames;
  /** GraphQL enum value → REST value. */
  readonly values?: Readonly<Record<string, string>>;
}

/** GraphQL name → REST name, level by level. */
export type FieldNames = Readonly<Record<string, FieldName>>;

/** The arguments of a GraphQL field, by the part of the REST request that they become. */
export interface ArgumentNames {
  /** GraphQL argument → name of the path's parameter. */
  readonly pathParameters: Readonly<Record<string, string>>;
  /** The GraphQL argument whose fields are those of the body. */
  readonly body?: { readonly argument: string; readonly fields: FieldNames };
}

/** Translates the REST names in ContactSwing's errors into the names of one operation's GraphQL arguments. */
export interface Translator {
  /** pydantic's `loc` → the longest path that exists in the operation's arguments. */
  toPath(location: readonly (string | number)[]): string[];
  /** `sync_field is required` → `syncField is required`. */
  toMessage(message: string): string;
}

export function createTranslator({ pathParameters, body }: ArgumentNames): Translator {
  const parameterNames = Object.entries(pathParameters).map(([name, restName]): [string, string] => [restName, name]);
  const words = new Map([...parameterNames, ...listRestWords(body?.fields ?? {})]);
  const pattern = words.size === 0 ? undefined : new RegExp([...words.keys()].map(toWordPattern).join("|"), "g");

  return {
    toPath([place, ...parts]) {
      const [firstArgument] = Object.keys(pathParameters);
      if (body === undefined || (place === "path" && firstArgument !== undefined)) {
        const argument = Object.keys(pathParameters).find((name) => pathParameters[name] === parts[0]) ?? firstArgument;
        return argument === undefined ? [] : [argument];
      }
      // FastAPI starts a location with the part of the request.
      return [body.argument, ...findFields([place ?? "", ...parts], body.fields)];
    },
    toMessage: (message) =>
      pattern === undefined ? message : message.replace(pattern, (word) => words.get(word) ?? word),
  };
}

/**
 * The known fields among the parts of a location. Between them may stand indexes of lists, and names of pydantic's models,
 * validators, and union members.
 */
function findFields(parts: readonly (string | number)[], known: FieldNames): string[] {
  const path: string[] = [];
  let fields = known;
  for (const part of parts) {
    const found = Object.entries(fields).find(([, { restName }]) => restName === part);
    if (found === undefined) continue;
    path.push(found[0]);
    fields = found[1].fields ?? {};
  }
  return path;
}

/** REST name or value → GraphQL name or value, where they differ. */
function listRestWords(names: FieldNames): [string, string][] {
  return Object.entries(names).flatMap(([name, { restName, values = {}, fields = {} }]) => {
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
