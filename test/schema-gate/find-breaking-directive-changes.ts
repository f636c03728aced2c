import {
  type ConstDirectiveNode,
  isTypeDefinitionNode,
  isTypeExtensionNode,
  Kind,
  parse,
  print,
  type TypeDefinitionNode,
  type TypeExtensionNode,
  valueFromASTUntyped,
} from "graphql";

/** The directives of each schema coordinate, such as `Task.title`, as text: `@key(fields: "id")`. */
type Directives = ReadonlyMap<string, readonly string[]>;

export interface DirectiveChange {
  /** A schema coordinate and, if it exists in both schemas, the directive that differs: `Task.@key`. */
  readonly name: string;
  readonly message: string;
}

/** Adding or removing these takes nothing away from clients or from other subgraphs. */
const harmlessToAdd: ReadonlySet<string> = new Set(["deprecated", "key", "link", "shareable", "tag"]);
const harmlessToRemove: ReadonlySet<string> = new Set(["deprecated", "inaccessible"]);

/**
 * Finds changes of directives, federation's above all, that can break the composition of the graph or hide a part of it.
 * What exists in one of the schemas only is not compared, with one exception: a field that is new on a shareable type.
 */
export function findBreakingDirectiveChanges(releasedSdl: string, sdl: string): DirectiveChange[] {
  const released = readDirectives(releasedSdl);
  const current = readDirectives(sdl);
  return [...current].flatMap(([coordinate, directives]) => {
    const before = released.get(coordinate);
    if (before === undefined) return isNewOnValueType(coordinate, released) ? [toNewField(coordinate)] : [];
    const lost = before.filter((text) => !directives.includes(text) && !harmlessToRemove.has(toName(text)));
    const added = directives.filter((text) => !before.includes(text) && !harmlessToAdd.has(toName(text)));
    return [
      ...lost.map((text) => toChange(coordinate, text, "no longer has")),
      ...added.map((text) => toChange(coordinate, text, "now has")),
    ];
  });
}

const toName = (text: string) => /^@(\w+)/.exec(text)?.[1] ?? "";

function toChange(coordinate: string, text: string, verb: string): DirectiveChange {
  return { name: `${coordinate}.@${toName(text)}`, message: `\`${coordinate}\` ${verb} ${text}` };
}

function toNewField(coordinate: string): DirectiveChange {
  const message = `\`${coordinate}\` is new on a shareable type: every subgraph that resolves the type must have the field`;
  return { name: coordinate, message };
}

/** Whether this is a field of a type that other subgraphs share and, because it has no key, resolve completely. */
function isNewOnValueType(coordinate: string, released: Directives): boolean {
  const [type = "", , argument] = coordinate.split(".");
  const directives = released.get(type);
  if (directives === undefined || argument !== undefined || directives.some((text) => toName(text) === "key")) {
    return false;
  }
  return [...released].some(([other, texts]) => other.startsWith(`${type}.`) && texts.includes("@shareable"));
}

function readDirectives(sdl: string): Directives {
  const found = new Map<string, string[]>([["schema", []]]);
  const add = (coordinate: string, texts: readonly string[]) =>
    found.set(coordinate, [...(found.get(coordinate) ?? []), ...texts]);

  for (const definition of parse(sdl).definitions) {
    const { kind } = definition;
    if (kind === Kind.SCHEMA_DEFINITION || kind === Kind.SCHEMA_EXTENSION) add("schema", printDirectives(definition));
    if (!isTypeDefinitionNode(definition) && !isTypeExtensionNode(definition)) continue;
    const type = definition.name.value;
    // On a type, @shareable stands for all fields of this definition.
    const { inherited = [], own = [] } = Object.groupBy(printDirectives(definition), (text) =>
      text === "@shareable" ? "inherited" : "own",
    );
    add(type, own);
    for (const member of readMembers(definition)) {
      const coordinate = `${type}.${member.name.value}`;
      add(coordinate, [...printDirectives(member), ...inherited]);
      for (const argument of ("arguments" in member && member.arguments) || []) {
        add(`${coordinate}.${argument.name.value}`, printDirectives(argument));
      }
    }
  }
  return found;
}

function readMembers(type: TypeDefinitionNode | TypeExtensionNode) {
  if ("fields" in type) return type.fields ?? [];
  return ("values" in type && type.values) || [];
}

function printDirectives({ directives = [] }: { readonly directives?: readonly ConstDirectiveNode[] }): string[] {
  return directives.flatMap((directive) => (directive.name.value === "link" ? printLink(directive) : print(directive)));
}

/** One text for the specification and one for each import. The minor version does not count: it only adds. */
function printLink(link: ConstDirectiveNode): string[] {
  const values = Object.fromEntries(
    (link.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  );
  const url = JSON.stringify(String(values.url).replace(/(?<=\/v\d+)\.\d+$/, ""));
  const imports = (values.import as readonly unknown[] | undefined) ?? [];
  return [`@link(url: ${url})`, ...imports.map((name) => `@link(url: ${url}, import: [${JSON.stringify(name)}])`)];
}
