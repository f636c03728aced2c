import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { expect, test } from "@jest/globals";
import { readConfig } from "../../../src/config.ts";

const root = new URL("../../../", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), "utf8");
const dockerfile = read("Dockerfile");
const base = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile)?.[1] ?? "";
/** The instructions of the first stage, each in one line. */
const [, buildStage = ""] = dockerfile.replaceAll(/\\\n\s*/g, "").split(/^FROM .*$/m);
const { version, engines, devDependencies, scripts } = JSON.parse(read("package.json"));

test("the image, the tests and package.json use the same Node.js", () => {
  expect(base).toBe(`docker.io/library/node:${devDependencies.node}-slim`);
  expect(engines.node).toBe(`>=${devDependencies.node.split(".")[0]}`);
});

test("the image has the package's version, the service's port and the options of `npm start`", () => {
  const [, command = ""] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? [];

  expect(dockerfile).toContain(`image.version="${version}"`);
  expect(dockerfile).toContain(`\nEXPOSE ${readConfig({}).port}\n`);
  expect(scripts.start).toContain(`exec node ${JSON.parse(command).join(" ")}`);
});

test("packages are installed from their own files alone, with settings that stay out of the image", () => {
  const [beforeSources = "", afterSources = ""] = buildStage.split("\nCOPY . .\n");
  const copied = [...beforeSources.matchAll(/^COPY (.*) \S+$/gm)].flatMap(([, files = ""]) => files.split(/\s+/));
  const [install = "", ...others] = beforeSources.match(/^RUN .*$/gm) ?? [];

  expect(copied.map((path) => basename(path)).sort()).toEqual(
    [".npmrc", "package-lock.json", "package.json"].flatMap((name) => [name, name]),
  );
  for (const path of copied) expect(existsSync(new URL(path, root))).toBe(true);
  expect(others).toEqual([]);
  expect(install.match(/npm ci/g)).toHaveLength(2);
  expect(install.match(/--mount=\S+/g)?.map((mount) => /type=secret,id=(\w+)/.exec(mount)?.[1])).toEqual([
    "npmrc",
    "ca",
  ]);
  expect(afterSources).not.toContain("npm ci");
});

const hasBase = spawnSync("buildah", ["inspect", "--type", "image", base]).status === 0;

(hasBase ? test : test.skip)(
  `buildah builds the image (buildah and ${base} on this machine)`,
  () => {
    const secrets = { npmrc: join(homedir(), ".npmrc"), ca: process.env.NODE_EXTRA_CA_CERTS ?? "" };
    const options = Object.entries(secrets)
      .filter(([, path]) => existsSync(path))
      .flatMap(([id, path]) => ["--secret", `id=${id},src=${path}`]);
    const built = spawnSync("buildah", ["build", "--pull-never", ...options, "."], { cwd: root, encoding: "utf8" });

    expect({ status: built.status, stderr: built.status === 0 ? "" : built.stderr }).toEqual({ status: 0, stderr: "" });
  },
  600_000,
);
