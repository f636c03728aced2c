import { expect, test } from "@jest/globals";
import { toRestAction } from "../../src/actions/rest-mapping.ts";
import { toFieldError, toGraphPath, toGraphWords } from "../../src/actions/translate-failure.ts";
import { fullInput } from "../helpers/graphql.ts";

const toRest = (input: object) => toRestAction(input as never);

test("sends every field under its REST name, in the documented order", () => {
  expect(JSON.stringify(toRest({ ...fullInput, idempotencyKey: "k" }))).toBe(
    JSON.stringify({
      name: "My Data Extraction Action",
      description: "Trigger this action if the user requests data extraction.",
      action_timing: "DURING",
      type: "SINGLEDATAEXTRACTION",
      webhook: {
        mandatory: true,
        name: "interested",
        description: "user interested on buying the product",
        type: "yes/no",
        sync_data: true,
        sync_module: "customers",
        sync_field: "customer_timezone",
      },
    }),
  );
});

test("leaves out what is absent or null, and nothing else", () => {
  const given = { name: "", description: undefined, webhook: { mandatory: false, name: null, type: null } };

  expect(toRest(given)).toStrictEqual({ name: "", webhook: { mandatory: false } });
  expect(toRest({ name: "n", webhook: { type: undefined } })).toStrictEqual({ name: "n", webhook: {} });
});

test.each<[(string | number)[], string[]]>([
  [["body"], ["input"]],
  [[], ["input"]],
  [
    ["body", "name"],
    ["input", "name"],
  ],
  [["name"], ["input", "name"]],
  [
    ["webhook", "sync_field"],
    ["input", "webhook", "syncField"],
  ],
  [["body", "body", "name"], ["input"]],
  [["query", "name"], ["input"]],
  [["body", 0, "name"], ["input"]],
  [
    ["body", "webhook", "x", "name"],
    ["input", "webhook"],
  ],
  [
    ["body", "name", "name"],
    ["input", "name"],
  ],
  [["body", "idempotencyKey"], ["input"]],
  [["path", "action_id"], ["id"]],
  [["path"], ["id"]],
])("leads the location %j of a create to %j", (location, path) => {
  expect(toGraphPath(location, "input")).toEqual(path);
  expect(toGraphPath(location, "id")).toEqual(["id"]);
});

test("turns a problem into the graph's language", () => {
  const problem = { location: ["body", "webhook", "sync_data"], message: "sync_data needs sync_module", rule: "r" };

  expect(toFieldError(problem, "input")).toEqual({
    path: ["input", "webhook", "syncData"],
    message: "syncData needs syncModule",
    rule: "r",
  });
  expect(toFieldError(problem, "id").path).toEqual(["id"]);
});

test.each([
  ["name, description, type, webhook, mandatory", "name, description, type, webhook, mandatory"],
  ["action_timing, sync_data, sync_module, sync_field", "actionTiming, syncData, syncModule, syncField"],
  ["action_id, ctx_id, is_active", "id, ctxId, isActive"],
  ["sync_field sync_field", "syncField syncField"],
  ["'yes/no' yes/no.", "'YES_NO' YES_NO."],
  ["yes/no/maybe no/yes/no", "yes/no/maybe no/yes/no"],
  ["ayes/no yes/nob", "ayes/no yes/nob"],
  ["my_sync_field sync_fields", "my_sync_field sync_fields"],
  ["path/sync_field/x", "path/syncField/x"],
])("says %j as %j", (message, expected) => {
  expect(toGraphWords(message)).toBe(expected);
});
