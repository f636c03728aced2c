import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "@jest/globals";
import { loadKeySet } from "../../src/auth/load-key-set.ts";
import { onTestEnd } from "../helpers/cleanup.ts";
import { type ScriptedAnswer, startUpstream } from "../helpers/upstream.ts";

const maxBytes = 256 * 1024;
const keySet = { keys: [{ kid: "a" }] };

/** A key set of so many bytes, as JSON. */
const keySetOfSize = (bytes: number) => JSON.stringify({ keys: "x".repeat(bytes - '{"keys":""}'.length) });

async function loadAnswer(answer: ScriptedAnswer) {
  const server = await startUpstream(() => answer);
  const result = loadKeySet(new URL(`${server.url}/keys`));
  return { result, server };
}

async function loadFile(content: string) {
  const folder = await mkdtemp(join(tmpdir(), "keys-"));
  onTestEnd(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "keys.json"), content);
  return loadKeySet(pathToFileURL(join(folder, "keys.json")));
}

test("loads a key set over HTTP, and says what it takes", async () => {
  const { result, server } = await loadAnswer({ status: 200, body: keySet });

  expect(await result).toEqual(keySet);
  expect(server.received).toMatchObject([
    { method: "GET", path: "/keys", headers: { accept: "application/jwk-set+json, application/json" } },
  ]);
});

test("loads a key set from a file", async () => {
  expect(await loadFile(JSON.stringify(keySet))).toEqual(keySet);
});

test("takes a key set of 256 KiB, and none that is larger", async () => {
  const largest = keySetOfSize(maxBytes);
  expect(largest).toHaveLength(maxBytes);

  expect(await (await loadAnswer({ status: 200, body: largest })).result).toEqual(JSON.parse(largest));
  expect(await loadFile(largest)).toEqual(JSON.parse(largest));
  const tooLarge = { name: "KeySetProblem", message: "too large" };
  await expect((await loadAnswer({ status: 200, body: keySetOfSize(maxBytes + 1) })).result).rejects.toMatchObject(
    tooLarge,
  );
  await expect(loadFile(keySetOfSize(maxBytes + 1))).rejects.toMatchObject(tooLarge);
});

test.each<[ScriptedAnswer, string]>([
  [{ status: 201, body: keySet }, "status 201"],
  [{ status: 404, body: keySet }, "status 404"],
  [{ status: 302, headers: { location: "/keys" }, body: keySet }, "status 302"],
  [{ status: 200, body: "canary" }, "not JSON"],
  [{ status: 200 }, "not JSON"],
])("says of the answer %j: %s", async (answer, message) => {
  const { result, server } = await loadAnswer(answer);

  await expect(result).rejects.toMatchObject({ name: "KeySetProblem", message });
  expect(server.received).toHaveLength(1);
});

test("says by a system's code why nothing could be read, and not where", async () => {
  const gone = await startUpstream();
  await gone.close();

  await expect(loadKeySet(new URL(gone.url))).rejects.toMatchObject({ message: "ECONNREFUSED" });
  await expect(loadKeySet(new URL("file:///canary/keys.json"))).rejects.toMatchObject({ message: "ENOENT" });
});

test("says by an error's name why nothing could be read when it has no code of the system", async () => {
  await expect(loadKeySet(new URL("canary:keys"))).rejects.toMatchObject({ message: "TypeError" });
});
