import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { DockerfileParser } from "dockerfile-ast";
import { validate } from "dockerfile-utils";
import { readStages } from "../../.ci/dockerfile.ts";
import { findDockerfileProblems } from "../../.ci/dockerfile-rules.ts";
import { readConfig } from "../../src/config.ts";

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
const dockerfile = read("Dockerfile");
const { version, devDependencies } = JSON.parse(read("package.json"));
const facts = { nodeVersion: devDependencies.node, packageVersion: version, port: readConfig({}).port };

/** The Dockerfile with one text replaced, which must be there. */
function change(from: string, to: string): string {
  expect(dockerfile).toContain(from);
  return dockerfile.replaceAll(from, to);
}

test("is a Dockerfile that the builder takes, without a warning", () => {
  expect(validate(dockerfile)).toEqual([]);
  expect(DockerfileParser.parse(dockerfile).getFROMs()).toHaveLength(3);
});

test("keeps every rule of this project", () => {
  expect(findDockerfileProblems(dockerfile, facts)).toEqual([]);
});

test("may pin its base by a digest", () => {
  const pinned = change(`:${facts.nodeVersion}-slim\n`, `:${facts.nodeVersion}-slim@sha256:${"0".repeat(64)}\n`);

  expect(validate(pinned)).toEqual([]);
  expect(findDockerfileProblems(pinned, facts)).toEqual([]);
});

const command = /CMD \["--.*/.exec(dockerfile)?.[0] ?? "no command";
const base = `NODE_IMAGE=node:${facts.nodeVersion}-slim\n`;

test.each([
  ["a floating tag", base, "NODE_IMAGE=node:latest\n", /^The base is node:latest, not/],
  ["another Node.js than the tested one", base, "NODE_IMAGE=node:24-slim\n", /^The base is node:24-slim, not/],
  ["root", "USER 65532:65532", "USER 0:0", /^USER is numeric and neither/],
  ["a user by name, which Kubernetes cannot judge", "USER 65532:65532", "USER node", /^USER is numeric and neither/],
  ["the group root", "USER 65532:65532", "USER 65532", /^USER is numeric and neither/],
  ["no user", "USER 65532:65532\n", "", /has one USER/],
  ["a second user", "EXPOSE 4000", "USER 1:1\nEXPOSE 4000", /has one USER/],
  ["a command in a shell", command, "CMD dist/main.js", /^CMD needs no shell/],
  ["a start through npm", 'ENTRYPOINT ["node"]', 'ENTRYPOINT ["npm", "start"]', /^ENTRYPOINT runs node itself/],
  ["the base image's start script", 'ENTRYPOINT ["node"]\n', "", /has one ENTRYPOINT/],
  ["a health check in a shell", 'CMD ["node", "healthcheck.mjs"]', "CMD node healthcheck.mjs", /^HEALTHCHECK needs no/],
  ["no health check", /HEALTHCHECK.*\n/.exec(dockerfile)?.[0] ?? "", "", /has one HEALTHCHECK/],
  ["a stop signal that does not drain", "STOPSIGNAL SIGTERM", "STOPSIGNAL SIGKILL", /^STOPSIGNAL is SIGTERM/],
  ["a development start", "ENV NODE_ENV=production\n", "", /^NODE_ENV is production/],
  ["files of the running user", "COPY --chown=0:0 --from=build", "COPY --chown=65532 --from=build", /belongs to root/],
  ["a download", "COPY src src", "ADD https://example.com/a.tgz src", /^ADD unpacks/],
  ["a package past the lock", "RUN npm ci\n", "RUN npm install\n", /^Only npm ci/],
  ["a tool from the network", "RUN npm ci\n", "RUN apt-get install -y curl\n", /^Nothing is fetched past npm/],
  [
    "development dependencies",
    "npm ci --omit=dev --ignore-scripts",
    "npm ci --ignore-scripts",
    /^The image's node_mod/,
  ],
  ["install scripts", "npm ci --omit=dev --ignore-scripts", "npm ci --omit=dev", /^The image's node_modules are/],
  ["the build's node_modules", "--from=dependencies", "--from=build", /^The image's node_modules are/],
  ["a build argument for a secret", "ARG REVISION=unknown", "ARG NPM_TOKEN\nARG REVISION", /^ARG stays readable/],
  [
    "a secret in the environment",
    "NODE_ENV=production",
    "NODE_ENV=production REDIS_URL=redis://a",
    /^ENV stays readable/,
  ],
  ["a step that runs in the last stage", "EXPOSE 4000", "RUN chmod -R 777 .\nEXPOSE 4000", /^Nothing runs in the last/],
  ["another version's label", `image.version="${version}"`, 'image.version="9.9.9"', /^The version label is not/],
  ["a missing label", "image.revision", "image.rev", /image\.revision is missing/],
  ["a base label of another image", `name="docker.io`, `name="quay.io`, /^The base label/],
  ["another port", "EXPOSE 4000", "EXPOSE 80", /^EXPOSE is the default port/],
])("breaks a rule with %s", (_what, from, to, problem) => {
  const problems = findDockerfileProblems(change(from, to), facts);

  expect(problems).toContainEqual(expect.stringMatching(problem));
});

test("gives the builder exactly what it copies: everything else is ignored", () => {
  const [first, ...others] = read(".dockerignore")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  const copied = readStages(dockerfile)
    .flatMap(({ steps }) => steps)
    .filter(({ keyword, flags }) => keyword === "COPY" && flags.from === undefined)
    .flatMap(({ text }) => text.split(" ").slice(0, -1))
    .map((path) => (path.startsWith("deploy/container/") ? "deploy/container" : path));

  expect(first).toBe("*");
  expect(others.toSorted()).toEqual([...new Set(copied)].map((path) => `!${path}`).toSorted());
});

test("starts what npm start starts, with the same options", () => {
  const { scripts } = JSON.parse(read("package.json")) as { scripts: { start: string } };
  const words = JSON.parse(command.slice("CMD ".length)) as string[];

  expect(`node ${words.join(" ")}`).toBe(scripts.start);
});
