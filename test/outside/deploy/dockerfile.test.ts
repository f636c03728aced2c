import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { readConfig } from "../../../src/config.ts";

const root = new URL("../../../", import.meta.url);
const read = (name: string) => readFileSync(new URL(name, root), "utf8");
const dockerfile = read("Dockerfile");
const { version, engines, devDependencies, scripts } = JSON.parse(read("package.json"));

test("the image, the tests and package.json use the same Node.js", () => {
  expect(dockerfile).toContain(`NODE_IMAGE=node:${devDependencies.node}-slim\n`);
  expect(dockerfile).toContain(`base.name="docker.io/library/node:${devDependencies.node}-slim"`);
  expect(engines.node).toBe(`>=${devDependencies.node.split(".")[0]}`);
});

test("the image has the package's version, the service's port and the options of `npm start`", () => {
  const [, command = ""] = /^CMD (\[.*\])$/m.exec(dockerfile) ?? [];

  expect(dockerfile).toContain(`image.version="${version}"`);
  expect(dockerfile).toContain(`\nEXPOSE ${readConfig({}).port}\n`);
  expect(scripts.start).toContain(`exec node ${JSON.parse(command).join(" ")}`);
});

const base = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile)?.[1] ?? "";
const hasBase = spawnSync("buildah", ["inspect", "--type", "image", base]).status === 0;

(hasBase ? test : test.skip)(
  `buildah builds the image (buildah and ${base} on this machine)`,
  () => {
    const built = spawnSync("buildah", ["build", "--pull-never", "."], { cwd: root, encoding: "utf8" });

    expect({ status: built.status, stderr: built.status === 0 ? "" : built.stderr }).toEqual({ status: 0, stderr: "" });
  },
  600_000,
);
