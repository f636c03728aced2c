// What this project asks of its Dockerfile beyond its being valid.
import { readStages, type Stage } from "./dockerfile.ts";

export interface ImageFacts {
  /** The Node.js version that everything is tested with. */
  readonly nodeVersion: string;
  readonly packageVersion: string;
  readonly port: number;
}

/** Says which rules a Dockerfile breaks, one sentence each. */
export function findDockerfileProblems(dockerfile: string, facts: ImageFacts): string[] {
  const stages = readStages(dockerfile);
  const last = stages.at(-1);
  if (last === undefined) return ["There is no FROM."];
  return [
    ...stages.flatMap((stage) => [...findStageProblems(stage, facts)]),
    ...findRunningProblems(last),
    ...findCopyProblems(last, stages),
    ...findLabelProblems(last, facts),
  ];
}

function* findStageProblems({ image, steps }: Stage, { nodeVersion }: ImageFacts): Generator<string> {
  const expected = `node:${nodeVersion}-slim`;
  if (image.split("@")[0] !== expected) yield `The base is ${image}, not ${expected}, which the tests run on.`;
  for (const { keyword, text } of steps) {
    if (keyword === "ADD") yield "ADD unpacks and downloads: COPY does neither.";
    if (keyword === "SHELL") yield "SHELL is not needed.";
    if (
      (keyword === "ARG" || keyword === "ENV") &&
      /token|secret|password|passwd|credential|_key\b|_url\b/i.test(text)
    ) {
      yield `${keyword} stays readable in the image: ${text}`;
    }
    if (keyword === "RUN" && /\bnpm (?:i|install|update)\b/.test(text))
      yield "Only npm ci installs what the lock says.";
    if (keyword === "RUN" && /\b(?:curl|wget|apt-get|apk)\b/.test(text)) yield `Nothing is fetched past npm: ${text}`;
  }
}

function* findRunningProblems({ steps }: Stage): Generator<string> {
  const users = steps.filter(({ keyword }) => keyword === "USER");
  if (users.length !== 1) yield "The last stage has one USER.";
  for (const { text } of users) {
    if (!/^[1-9]\d*:[1-9]\d*$/.test(text)) yield `USER is numeric and neither user nor group is root: ${text}`;
  }
  for (const keyword of ["HEALTHCHECK", "ENTRYPOINT", "CMD"]) {
    const found = steps.filter((step) => step.keyword === keyword);
    if (found.length !== 1) yield `The last stage has one ${keyword}.`;
    for (const { words, text } of found) {
      if (words === undefined) yield `${keyword} needs no shell: ${text}`;
      else if (keyword !== "CMD" && words[0] !== "node") yield `${keyword} runs node itself: ${text}`;
    }
  }
  if (steps.some(({ keyword }) => keyword === "RUN")) yield "Nothing runs in the last stage: it only copies.";
  if (!steps.some(({ keyword, text }) => keyword === "STOPSIGNAL" && text === "SIGTERM")) {
    yield "STOPSIGNAL is SIGTERM, which drains the service.";
  }
  if (!steps.some(({ keyword, text }) => keyword === "ENV" && /\bNODE_ENV=production\b/.test(text))) {
    yield "NODE_ENV is production.";
  }
}

function* findCopyProblems(last: Stage, stages: readonly Stage[]): Generator<string> {
  for (const { keyword, text, flags } of last.steps) {
    if (keyword !== "COPY") continue;
    if (flags.chown !== "0:0") yield `What is copied belongs to root: ${text}`;
    if (flags.from === undefined || !/\bnode_modules\b/.test(text)) continue;
    const source = stages.find(({ name }) => name === flags.from);
    const installs = source?.steps.filter((step) => step.keyword === "RUN" && /\bnpm ci\b/.test(step.text)) ?? [];
    const isLean = ({ text }: { text: string }) => /--omit=dev\b/.test(text) && /--ignore-scripts\b/.test(text);
    if (installs.length === 0 || !installs.every(isLean)) {
      yield "The image's node_modules are of npm ci --omit=dev --ignore-scripts.";
    }
  }
}

function* findLabelProblems({ image, steps }: Stage, { packageVersion, port }: ImageFacts): Generator<string> {
  const labels = steps.filter(({ keyword }) => keyword === "LABEL").map(({ text }) => text);
  const all = labels.join(" ");
  for (const name of ["title", "description", "version", "revision", "licenses", "base.name"]) {
    if (!all.includes(`org.opencontainers.image.${name}=`))
      yield `The label org.opencontainers.image.${name} is missing.`;
  }
  if (!all.includes(`image.version="${packageVersion}"`)) yield `The version label is not ${packageVersion}.`;
  if (!all.includes(`image.base.name="docker.io/library/${image.split("@")[0]}"`))
    yield "The base label is another image.";
  const exposed = steps.filter(({ keyword }) => keyword === "EXPOSE").map(({ text }) => text);
  if (exposed.join() !== String(port)) yield `EXPOSE is the default port, ${port}.`;
}
