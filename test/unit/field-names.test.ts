import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { createTranslator, toRestObject } from "../../src/contactswing/field-names.ts";
import { postAction } from "../../src/operations/create-data-extraction-action/rest.ts";
import { getAction } from "../../src/operations/data-extraction-action/rest.ts";
import { listActions } from "../../src/operations/data-extraction-actions/rest.ts";

/** Every input field with its REST location, by hand: a mapping that is tested against itself proves nothing. */
const locations: [string[], string[]][] = [
  [["name"], ["name"]],
  [["description"], ["description"]],
  [["actionTiming"], ["action_timing"]],
  [["type"], ["type"]],
  [["webhook"], ["webhook"]],
  [
    ["webhook", "mandatory"],
    ["webhook", "mandatory"],
  ],
  [
    ["webhook", "name"],
    ["webhook", "name"],
  ],
  [
    ["webhook", "description"],
    ["webhook", "description"],
  ],
  [
    ["webhook", "type"],
    ["webhook", "type"],
  ],
  [
    ["webhook", "syncData"],
    ["webhook", "sync_data"],
  ],
  [
    ["webhook", "syncModule"],
    ["webhook", "sync_module"],
  ],
  [
    ["webhook", "syncField"],
    ["webhook", "sync_field"],
  ],
];
/** The longest path that a location follows, found in the list above. */
function findLongestPath(location: readonly (string | number)[]): string[] {
  const lengths = Array.from(location.keys(), (index) => index + 1);
  const follow = (length: number) =>
    locations.find(([, known]) => JSON.stringify(known) === JSON.stringify(location.slice(0, length).map(String)))?.[0];
  return lengths.map(follow).findLast((path) => path !== undefined) ?? [];
}

const { toPath, toMessage } = postAction.translator;

test("omits what is absent or null, and nothing else", () => {
  const given = { name: "", description: undefined, webhook: { mandatory: false, name: null, type: null } };

  expect(toRestObject(given, postAction.fieldNames)).toStrictEqual({ name: "", webhook: { mandatory: false } });
});

describe("a location of ContactSwing", () => {
  test.each(locations)("leads to the field %j", (path, location) => {
    for (const prefix of [["body"], []]) expect(toPath([...prefix, ...location])).toEqual(["input", ...path]);
  });

  test.each<[(string | number)[], string[]]>([
    [["body"], ["input"]],
    [[], ["input"]],
    [["body", "body", "name"], ["input"]],
    [["body", 17], ["input"]],
    [["body", 0, "name"], ["input"]],
    [
      ["body", "webhook", "tagged-union[A,B]", "name"],
      ["input", "webhook"],
    ],
    [
      ["body", "name", "name"],
      ["input", "name"],
    ],
    [["body", "idempotencyKey"], ["input"]],
    [["body", "syncField"], ["input"]],
    [["path", "action_id"], ["input"]],
    [["body", "__proto__"], ["input"]],
    [["body", "constructor"], ["input"]],
  ])("of %j ends at the last field that exists", (location, path) => {
    expect(toPath(location)).toEqual(path);
  });

  test("ends at the longest path that exists, whatever is mixed in", () => {
    const part = fc.oneof(
      fc.constantFrom<string | number>(
        "Model",
        "function-after[check(), Webhook]",
        "webhook",
        "type",
        "body",
        "",
        0,
        17,
      ),
      fc.string(),
      fc.integer(),
    );
    const parts = fc.array(part, { maxLength: 3 });

    fc.assert(
      fc.property(fc.constantFrom(...locations), parts, fc.nat({ max: 2 }), ([, location], noise, depth) => {
        const mixed = [...location.slice(0, depth), ...noise, ...location.slice(depth)];

        expect(toPath(["body", ...mixed])).toEqual(["input", ...findLongestPath(mixed)]);
      }),
      { numRuns: 1000 },
    );
  });

  test("belongs to the operation's argument if it names no field of it", () => {
    for (const location of [["path", "action_id"], ["path"], ["query", "x"], ["body", "webhook", "sync_field"], []]) {
      expect(getAction.translator.toPath(location)).toEqual(["id"]);
    }
    expect(listActions.translator.toPath(["query", "per_page"])).toEqual(["after"]);
  });
});

describe("a message of ContactSwing", () => {
  test.each([
    ["name, description, type, webhook, mandatory", "name, description, type, webhook, mandatory"],
    ["action_timing, sync_data, sync_module, sync_field", "actionTiming, syncData, syncModule, syncField"],
    ["sync_field/sync_module sync_field", "syncField/syncModule syncField"],
    ["body.webhook.sync_field", "body.webhook.syncField"],
    ["'yes/no' yes/no.", "'YES_NO' YES_NO."],
    ["yes/no/maybe no/yes/no ayes/no yes/nob", "yes/no/maybe no/yes/no ayes/no yes/nob"],
    ["my_sync_field sync_fields", "my_sync_field sync_fields"],
    ["action_id, ctx_id, is_active", "action_id, ctx_id, is_active"],
  ])("says %j as %j", (message, expected) => {
    expect(toMessage(message)).toBe(expected);
  });

  test("keeps the fields of other operations", () => {
    expect(getAction.translator.toMessage("action_id, sync_field, yes/no")).toBe("id, sync_field, yes/no");
    expect(listActions.translator.toMessage("per_page, sync_field")).toBe("per_page, sync_field");
  });
});

test("fields may be arguments themselves", () => {
  const translator = createTranslator({ isActive: "is_active" }, undefined, ["first"]);

  expect(translator.toPath(["query", "is_active"])).toEqual(["isActive"]);
  expect(translator.toPath(["query", "other"])).toEqual(["first"]);
});
