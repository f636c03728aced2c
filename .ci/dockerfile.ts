// Reads the Dockerfile into what the checks need to know of it: its stages and their steps.
import { type Copy, DockerfileParser, type From } from "dockerfile-ast";

export interface Step {
  /** In capitals, e.g. `COPY`. */
  readonly keyword: string;
  /** Everything after the keyword and its flags. */
  readonly text: string;
  /** The words of the exec form (a JSON array), or undefined when it is not in that form. */
  readonly words: readonly string[] | undefined;
  /** `--name=value` flags by name. */
  readonly flags: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly name: string | undefined;
  /** With build arguments put in. */
  readonly image: string;
  readonly steps: readonly Step[];
}

/** Splits a Dockerfile at its FROM lines. */
export function readStages(dockerfile: string): Stage[] {
  const parsed = DockerfileParser.parse(dockerfile);
  const stages: { name: string | undefined; image: string; steps: Step[] }[] = [];
  for (const instruction of parsed.getInstructions()) {
    const keyword = instruction.getKeyword();
    if (keyword === "FROM") {
      const from = instruction as From;
      const { line } = from.getRange().start;
      const image = (from.getImage() ?? "").replace(
        /\$\{?(\w+)\}?/g,
        (_, name) => parsed.resolveVariable(name, line) ?? "",
      );
      stages.push({ name: from.getBuildStage() ?? undefined, image, steps: [] });
      continue;
    }
    const flags = "getFlags" in instruction ? (instruction as Copy).getFlags() : [];
    const content = instruction.getArgumentsContent() ?? "";
    // HEALTHCHECK's command follows its own keyword.
    const text = content.replace(/^(?:--\S+\s+)+/, "").replace(/^CMD\s+/, "");
    stages.at(-1)?.steps.push({
      keyword,
      text,
      words: readWords(text),
      flags: Object.fromEntries(flags.map((flag) => [flag.getName(), flag.getValue() ?? ""])),
    });
  }
  return stages;
}

function readWords(text: string): readonly string[] | undefined {
  if (!text.startsWith("[")) return undefined;
  const words: unknown = JSON.parse(text);
  return Array.isArray(words) && words.every((word) => typeof word === "string") ? words : undefined;
}
