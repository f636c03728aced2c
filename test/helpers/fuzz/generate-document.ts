import fc, { type Arbitrary } from "fast-check";
import {
  type GraphQLArgument,
  GraphQLBoolean,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  GraphQLNonNull,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
  TypeNameMetaFieldDef,
} from "graphql";
import { repeated, smallCount } from "./generate-text.ts";
import { generateValue } from "./generate-value.ts";
import { renderText, type ScalableText, type Scale } from "./scalable-text.ts";

const maxDepth = 4;
const separators = [" ", ",", "\n", "\r\n", "#\n", "# a\n", "\ufeff", "\t"];
const tokens = ["{", "}", "(", ")", "[", "]", ":", "=", "!", "|", "&", "$", "$a", "@", "@a", "...", "on ", '""', '"'];
const moreTokens = [
  "a ",
  "a%n ",
  "1 ",
  "-",
  "1.e",
  '"""',
  "\\",
  "#",
  "\n",
  "query ",
  "fragment F%n on Query ",
  "é",
  "\0",
];
const declarations = ["type T%n{a:T}", "enum E{A}", "schema{query:Q}", "directive @a on FIELD", "subscription{a}"];

/** A variable that documents use, with the type that its use demands. */
export interface VariableUse {
  readonly name: string;
  readonly type: string;
  readonly value: ScalableText;
}

export interface GeneratedDocument {
  /** The text, which declares those of the variables that it uses. */
  readonly render: (scale: Scale) => string;
  readonly parts: ScalableText;
  readonly variables: readonly VariableUse[];
}

export interface DocumentOptions {
  /** `plain` repeats nothing, and `valid` nothing that a schema does not allow. */
  readonly text: "plain" | "valid" | "any";
  readonly variables: "valid" | "any";
}

/** Documents that fit a schema, unless they may be any, so that they are not only parsed, but also executed. */
export function generateDocument(schema: GraphQLSchema, options: DocumentOptions): Arbitrary<GeneratedDocument> {
  const inputTypes = listInputTypes(schema);
  const variables = fc.tuple(
    ...[...inputTypes].map(([type, input], index) =>
      generateValue(input, "json", options.variables === "valid").map(
        (value): VariableUse => ({ name: `v${index}`, type, value }),
      ),
    ),
  );
  const variableNames = new Map([...inputTypes.keys()].map((type, index) => [type, `$v${index}`]));
  const parts = new DocumentTexts(schema, variableNames, options.text).documents();
  return fc.record({ parts, variables }).map((generated) => ({
    ...generated,
    render: (scale) => declareVariables(renderText(generated.parts, scale), generated.variables),
  }));
}

/** By the type as it is written; every argument of the schema can be given by a variable. */
function listInputTypes(schema: GraphQLSchema): Map<string, GraphQLInputType> {
  const objects = Object.values(schema.getTypeMap()).filter(isObjectType);
  const fields = objects
    .filter(({ name }) => !name.startsWith("__"))
    .flatMap((type) => Object.values(type.getFields()));
  const types = fields.flatMap(({ args }) => args.map(({ type }) => [String(type), type] as const));
  return new Map([["Boolean!", new GraphQLNonNull(GraphQLBoolean)], ...types]);
}

const declarationMark = "(%v)";

function declareVariables(document: string, variables: readonly VariableUse[]): string {
  const used = variables.filter(({ name }) => document.includes(`$${name}`));
  const list = used.map(({ name, type }) => `$${name}:${type}`).join(",");
  return document.replaceAll(declarationMark, list === "" ? "" : `(${list})`);
}

class DocumentTexts {
  readonly #schema: GraphQLSchema;
  readonly #variableNames: ReadonlyMap<string, string>;
  /** Whether names, arguments, and directives are those of the schema. */
  readonly #isValid: boolean;
  /** Of repetitions. */
  readonly #count: Arbitrary<number>;
  /** How much more often an argument is a variable than a literal. */
  readonly #variableWeight: number;

  constructor(schema: GraphQLSchema, variableNames: ReadonlyMap<string, string>, text: DocumentOptions["text"]) {
    this.#schema = schema;
    this.#variableNames = variableNames;
    this.#isValid = text !== "any";
    this.#count = text === "plain" ? fc.constant(1) : smallCount;
    this.#variableWeight = text === "plain" ? 8 : 2;
  }

  documents(): Arbitrary<ScalableText> {
    const query = this.#schema.getQueryType();
    const mutation = this.#schema.getMutationType();
    if (!query || !mutation) throw new Error("the schema has both");
    const queries = this.#operation("query", query);
    const mutations = this.#operation("mutation", mutation);
    const noise = repeated(fc.constantFrom(...separators), this.#count);
    const soup = fc.array(repeated(fc.constantFrom(...tokens, ...moreTokens)), { minLength: 1, maxLength: 4 });
    const more = fc.oneof(
      { weight: 5, arbitrary: fc.constant("") },
      { weight: 1, arbitrary: noise },
      { weight: 1, arbitrary: repeated(fc.constantFrom(...declarations)) },
      { weight: 1, arbitrary: repeated(fc.tuple(fc.constant("query Q%n"), this.#selectionSet(query, maxDepth - 1))) },
      { weight: 1, arbitrary: soup },
    );
    if (this.#isValid) {
      const start = fc.oneof({ weight: 3, arbitrary: fc.constant("") }, { weight: 1, arbitrary: noise });
      return fc.tuple(start, fc.oneof({ weight: 3, arbitrary: queries }, { weight: 1, arbitrary: mutations }));
    }
    return fc.oneof(
      { weight: 6, arbitrary: fc.tuple(queries, more) },
      { weight: 2, arbitrary: fc.tuple(mutations, more) },
      { weight: 1, arbitrary: fc.tuple(more, queries) },
      { weight: 1, arbitrary: soup },
    );
  }

  #operation(kind: string, type: GraphQLNamedType): Arbitrary<ScalableText> {
    const start = fc.oneof(
      { weight: 3, arbitrary: fc.constant<ScalableText>(`${kind} Q${declarationMark}`) },
      { weight: 1, arbitrary: this.#directives().map((list): ScalableText => [`${kind} Q${declarationMark}`, list]) },
    );
    const plain = fc.tuple(start, this.#selectionSet(type, 0));
    const inFragments = fc.tuple(start, fc.constant("{...F0}"), this.#fragmentChain(type));
    const bySpreads = fc.tuple(
      start,
      repeated(fc.constantFrom("...F", "...F%n", "...F@include(if:true)"), this.#count, " "),
      repeated(
        fc.tuple(
          fc.constantFrom("fragment F on ", "fragment F%n on "),
          fc.constant(type.name),
          this.#selectionSet(type, 0),
        ),
        this.#count,
      ),
    );
    return fc.oneof(
      { weight: 4, arbitrary: plain },
      { weight: 1, arbitrary: inFragments },
      {
        weight: 1,
        arbitrary: bySpreads.map(([head, spreads, fragments]): ScalableText => [head, "{", spreads, "}", fragments]),
      },
    );
  }

  /** Each fragment spreads the next one, once or more often. */
  #fragmentChain(type: GraphQLNamedType): Arbitrary<ScalableText> {
    const links = fc.constantFrom("...F%m", "...F%m ...F%m", `...F%m ...on ${type.name}{...F%m}`, "...F0");
    return fc.tuple(links, this.#count, this.#selectionSet(type, 0)).map(([link, count, selections]) => ({
      repeat: `fragment F%n on ${type.name}{${link}}`,
      count,
      last: [`fragment F%n on ${type.name}`, selections],
    }));
  }

  #selectionSet(type: GraphQLNamedType, depth: number): Arbitrary<ScalableText> {
    const selections = fc.array(this.#selection(type, depth), { minLength: 1, maxLength: 2 });
    return selections.map((list): ScalableText => ["{", ...list.flatMap((selection) => [selection, " "]), "}"]);
  }

  #selection(type: GraphQLNamedType, depth: number): Arbitrary<ScalableText> {
    const fields = this.#listFields(type, depth);
    const field = fc.constantFrom(...fields).chain((chosen) => this.#field(chosen, depth));
    const separator = fc.constantFrom(" ", ",", "\n");
    const repetition = fc.record({ repeat: field, count: this.#count, separator });
    const nesting = fc.record({
      open: fc.constantFrom("...{", `...on ${type.name}{`, "...@include(if:true){"),
      inner: field,
      close: fc.constant("}"),
      count: this.#count,
    });
    return fc.oneof({ weight: 6, arbitrary: repetition }, { weight: 1, arbitrary: nesting });
  }

  #listFields(type: GraphQLNamedType, depth: number): GraphQLField<unknown, unknown>[] {
    const own = isObjectType(type) || isInterfaceType(type) ? Object.values(type.getFields()) : [];
    const meta = type === this.#schema.getQueryType() ? [SchemaMetaFieldDef, TypeMetaFieldDef] : [];
    const all = [...own, ...meta, TypeNameMetaFieldDef];
    return depth < maxDepth ? all : all.filter((field) => !isCompositeType(getNamedType(field.type)));
  }

  #field({ name, args, type }: GraphQLField<unknown, unknown>, depth: number): Arbitrary<ScalableText> {
    const named = getNamedType(type);
    const alias = this.#isValid ? fc.constantFrom("", `${name}%n:`) : fc.constantFrom("", "a%n:", "a%n:", "a:");
    const givenName = this.#isValid ? fc.constant(name) : fc.constantFrom(name, name, name, `${name}x`);
    const possible =
      isCompositeType(named) && !isObjectType(named) && !isInterfaceType(named)
        ? this.#schema.getPossibleTypes(named)
        : [];
    const selectionSet = !isCompositeType(named)
      ? fc.constant<ScalableText>("")
      : possible.length === 0
        ? this.#selectionSet(named, depth + 1)
        : fc
            .constantFrom(...possible)
            .chain((object) =>
              this.#selectionSet(object, depth + 1).map((set): ScalableText => [`{...on ${object.name}`, set, "}"]),
            );
    const directives = fc.oneof(
      { weight: 6, arbitrary: fc.constant("") },
      { weight: 1, arbitrary: this.#directives() },
    );
    return fc.tuple(alias, givenName, this.#arguments(args), directives, selectionSet);
  }

  #arguments(args: readonly GraphQLArgument[]): Arbitrary<ScalableText> {
    const given = args.map(({ name, type }) => {
      const variable = this.#variableNames.get(String(type));
      const literal = generateValue(type, "graphql", this.#isValid);
      const value =
        variable === undefined
          ? literal
          : fc.oneof(
              { weight: this.#variableWeight, arbitrary: fc.constant(variable) },
              { weight: 1, arbitrary: literal },
            );
      return fc.tuple(fc.constant(`${name}:`), value, fc.constant(" "));
    });
    if (given.length === 0) return fc.constant("");
    const unknown = fc.tuple(repeated(fc.constantFrom("x:1 ", "x%n:1 ", "a:$v0 "), this.#count));
    const extra = this.#isValid
      ? fc.constant("")
      : fc.oneof({ weight: 8, arbitrary: fc.constant("") }, { weight: 1, arbitrary: unknown });
    return fc.tuple(fc.tuple(...given), extra).map(([list, more]): ScalableText => ["(", ...list, more, ")"]);
  }

  #directives(): Arbitrary<ScalableText> {
    const variable = this.#variableNames.get("Boolean!") ?? "true";
    const known = ["@include(if:true)", "@skip(if:false)", `@include(if:${variable})`];
    if (this.#isValid) return fc.constantFrom(...known);
    return repeated(fc.constantFrom(...known, "@a", "@a%n(b:[1])"), this.#count);
  }
}
