// The part of Go's text/template, and of the functions that Helm adds to it, that the chart uses. Anything else is an
// error, so that a template which only Helm could judge does not pass here unseen.

export type Value = unknown;
type Scope = { readonly dot: Value; readonly root: Value; readonly variables: Map<string, Value>[] };
type TemplateFunction = (...values: never[]) => Value;
type Functions = Readonly<Record<string, TemplateFunction>>;

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "action"; readonly tokens: readonly string[] }
  | { readonly kind: "if"; readonly branches: readonly Branch[] }
  | { readonly kind: "range"; readonly tokens: readonly string[]; readonly body: readonly Node[] };
interface Branch {
  /** Empty for `else`. */
  readonly tokens: readonly string[];
  readonly body: readonly Node[];
}

/** Named templates by name. */
export type Templates = Map<string, readonly Node[]>;

const tokenPattern = /"(?:[^"\\]|\\.)*"|:=|[|(),=]|[^\s|(),=]+/g;

/** Parses a template file; what it defines is added to `templates`, and so is the file itself under its name. */
export function parseTemplate(name: string, source: string, templates: Templates): void {
  const nodes: { isAction: boolean; text: string }[] = [];
  let rest = source;
  for (let open = rest.indexOf("{{"); open >= 0; open = rest.indexOf("{{")) {
    const match = /^\{\{(-(?=\s))?\s*(\/\*[\s\S]*?\*\/|(?:"(?:[^"\\]|\\.)*"|[^"])*?)\s*((?<=\s)-)?\}\}/.exec(
      rest.slice(open),
    );
    if (match === null) throw new Error(`${name}: an action does not end`);
    const before = rest.slice(0, open);
    nodes.push({ isAction: false, text: match[1] ? before.replace(/[ \t\r\n]+$/, "") : before });
    nodes.push({ isAction: true, text: match[2] ?? "" });
    rest = rest.slice(open + match[0].length);
    if (match[3]) rest = rest.replace(/^[ \t\r\n]+/, "");
  }
  nodes.push({ isAction: false, text: rest });

  let position = 0;
  function parseUntilEnd(depth: number): { body: Node[]; ending: string } {
    const body: Node[] = [];
    for (let node = nodes[position++]; node !== undefined; node = nodes[position++]) {
      const { isAction, text } = node;
      if (!isAction) {
        if (text !== "") body.push({ kind: "text", text });
        continue;
      }
      if (text.startsWith("/*")) continue;
      const [word = "", ...tokens] = text.match(tokenPattern) ?? [];
      if (word === "end" || word === "else") {
        if (depth === 0) throw new Error(`${name}: ${word} without a beginning`);
        return { body, ending: text };
      }
      if (word === "define") templates.set(JSON.parse(tokens[0] ?? '""'), parseUntilEnd(depth + 1).body);
      else if (word === "range") body.push({ kind: "range", tokens, body: parseUntilEnd(depth + 1).body });
      else if (word === "if") body.push({ kind: "if", branches: parseBranches(tokens, depth) });
      else if (["with", "template", "block", "break", "continue"].includes(word))
        throw new Error(`${name}: ${word} is not known`);
      else body.push({ kind: "action", tokens: [word, ...tokens] });
    }
    if (depth > 0) throw new Error(`${name}: an end is missing`);
    return { body, ending: "" };
  }
  function parseBranches(tokens: readonly string[], depth: number): Branch[] {
    const branches: Branch[] = [];
    let condition = tokens;
    for (;;) {
      const { body, ending } = parseUntilEnd(depth + 1);
      branches.push({ tokens: condition, body });
      if (ending === "end") return branches;
      condition = ending.match(tokenPattern)?.slice(2) ?? [];
    }
  }
  templates.set(name, parseUntilEnd(0).body);
}

/** Go's idea of an empty value. */
export function isTrue(value: Value): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === "object" && value !== null) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** Runs a parsed template with `dot` as its data. */
export function runTemplate(
  nodes: readonly Node[],
  dot: Value,
  functions: Functions,
  printText: (value: Value) => string,
): string {
  return runNodes(nodes, { dot, root: dot, variables: [new Map()] });

  function runNodes(body: readonly Node[], scope: Scope): string {
    return body.map((node) => runNode(node, scope)).join("");
  }

  function runNode(node: Node, scope: Scope): string {
    if (node.kind === "text") return node.text;
    if (node.kind === "if") {
      const branch = node.branches.find(({ tokens }) => tokens.length === 0 || isTrue(evaluate(tokens, scope)));
      return branch ? runNodes(branch.body, { ...scope, variables: [...scope.variables, new Map()] }) : "";
    }
    if (node.kind === "range") return runRange(node.tokens, node.body, scope);
    const [name = "", operator, ...expression] = node.tokens;
    if (operator === ":=") {
      scope.variables.at(-1)?.set(name, evaluate(expression, scope));
      return "";
    }
    if (operator === "=") {
      const holder = scope.variables.findLast((variables) => variables.has(name));
      if (holder === undefined) throw new Error(`${name} is not declared`);
      holder.set(name, evaluate(expression, scope));
      return "";
    }
    return printText(evaluate(node.tokens, scope));
  }

  function runRange(tokens: readonly string[], body: readonly Node[], scope: Scope): string {
    const assignment = tokens.indexOf(":=");
    const names = assignment < 0 ? [] : tokens.slice(0, assignment).filter((token) => token !== ",");
    const value = evaluate(tokens.slice(assignment + 1), scope);
    // Go goes through a map in the order of its keys.
    const entries: [Value, Value][] = Array.isArray(value)
      ? value.map((item, index) => [index, item])
      : Object.entries(value ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    return entries
      .map(([key, item]) => {
        const variables = new Map<string, Value>(
          names.length === 2
            ? [
                [names[0] ?? "", key],
                [names[1] ?? "", item],
              ]
            : names.map((name) => [name, item]),
        );
        return runNodes(body, { ...scope, dot: item, variables: [...scope.variables, variables] });
      })
      .join("");
  }

  /** A pipeline: each command gets the value of the one before as its last argument. */
  function evaluate(tokens: readonly string[], scope: Scope): Value {
    let piped: readonly Value[] = [];
    for (const command of split(tokens)) piped = [runCommand(command, piped, scope)];
    return piped[0];
  }

  function runCommand(tokens: readonly string[], piped: readonly Value[], scope: Scope): Value {
    const operands: (Value | { readonly call: string })[] = [];
    for (let index = 0; index < tokens.length; index++) {
      const token = tokens[index] ?? "";
      if (token === "(") {
        const end = findClosing(tokens, index);
        operands.push({ value: evaluate(tokens.slice(index + 1, end), scope) });
        index = end;
      } else operands.push(readOperand(token, scope));
    }
    const [first, ...others] = operands as ({ value: Value } | { call: string })[];
    if (first === undefined) throw new Error("an empty command");
    const values = others.map((operand) => ("value" in operand ? operand.value : call(operand.call, [])));
    if ("call" in first) return call(first.call, [...values, ...piped]);
    if (values.length > 0 || piped.length > 0) throw new Error(`not a function: ${tokens.join(" ")}`);
    return first.value;
  }

  function call(name: string, values: readonly Value[]): Value {
    const found = functions[name];
    if (found === undefined) throw new Error(`the function ${name} is not known`);
    return found(...(values as never[]));
  }

  function readOperand(token: string, scope: Scope): { value: Value } | { call: string } {
    if (token.startsWith('"')) return { value: JSON.parse(token) };
    if (/^-?\d+$/.test(token)) return { value: Number(token) };
    if (token === "true" || token === "false") return { value: token === "true" };
    if (token.startsWith("$")) {
      const [name = "", ...path] = token.split(".");
      if (name === "$") return { value: follow(scope.root, path) };
      const holder = scope.variables.findLast((variables) => variables.has(name));
      if (holder === undefined) throw new Error(`${name} is not declared`);
      return { value: follow(holder.get(name), path) };
    }
    if (token.startsWith("."))
      return { value: token === "." ? scope.dot : follow(scope.dot, token.slice(1).split(".")) };
    if (!/^[A-Za-z]\w*$/.test(token)) throw new Error(`not understood: ${token}`);
    return { call: token };
  }
}

function follow(value: Value, path: readonly string[]): Value {
  return path.reduce<Value>((current, name) => {
    if (typeof current !== "object" || current === null) throw new Error(`nil pointer evaluating .${name}`);
    return (current as Record<string, Value>)[name];
  }, value);
}

function split(tokens: readonly string[]): string[][] {
  const commands: string[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token === "(") depth += 1;
    if (token === ")") depth -= 1;
    if (token === "|" && depth === 0) commands.push([]);
    else commands.at(-1)?.push(token);
  }
  return commands;
}

function findClosing(tokens: readonly string[], open: number): number {
  let depth = 0;
  for (let index = open; index < tokens.length; index++) {
    if (tokens[index] === "(") depth += 1;
    if (tokens[index] === ")" && --depth === 0) return index;
  }
  throw new Error("a parenthesis does not close");
}
