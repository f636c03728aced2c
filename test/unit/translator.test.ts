import { describe, expect, test } from "@jest/globals";
import { createTranslator } from "../../src/contactswing/translator.ts";
import { postAction } from "../../src/operations/create-data-extraction-action/operation.ts";
import { getAction } from "../../src/operations/data-extraction-action/operation.ts";
import { listActions } from "../../src/operations/data-extraction-actions/operation.ts";

const { toPath, toMessage } = postAction.translator;

describe("a location of ContactSwing", () => {
  test.each([
    ["name", "name"],
    ["description", "description"],
    ["action_timing", "actionTiming"],
    ["type", "type"],
    ["webhook", "webhook"],
    ["webhook.mandatory", "webhook.mandatory"],
    ["webhook.name", "webhook.name"],
    ["webhook.description", "webhook.description"],
    ["webhook.type", "webhook.type"],
    ["webhook.sync_data", "webhook.syncData"],
    ["webhook.sync_module", "webhook.syncModule"],
    ["webhook.sync_field", "webhook.syncField"],
  ])("%s leads to the field %s, with and without the part of the request", (location, path) => {
    for (const prefix of [["body"], []]) {
      expect(toPath([...prefix, ...location.split(".")])).toEqual(["input", ...path.split(".")]);
    }
  });

  test.each<[(string | number)[], string]>([
    [["body"], "input"],
    [[], "input"],
    [["body", "body", "name"], "input.name"],
    [["body", 0, "name"], "input.name"],
    [["body", "Data", "webhook", "sync_field"], "input.webhook.syncField"],
    [
      ["body", "SINGLEDATAEXTRACTION", "Data", "webhook", "function-after[check(), Webhook]", "sync_field"],
      "input.webhook.syncField",
    ],
    [["body", "webhook", "tagged-union[A,B]", "name"], "input.webhook.name"],
    [["body", "webhook", "headers", 0], "input.webhook"],
    [["body", "webhook", "sync_field", 0, "sync_data"], "input.webhook.syncField"],
    [["body", "name", "name"], "input.name"],
    [["body", "idempotencyKey"], "input"],
    [["body", "syncField"], "input"],
    [["path", "action_id"], "input"],
    [["body", "constructor"], "input"],
  ])("of %j leads to the known fields in it", (location, path) => {
    expect(toPath(location)).toEqual(path.split("."));
  });

  test("belongs to the operation's argument if it names no field of it", () => {
    for (const location of [["path", "action_id"], ["path"], ["query", "x"], ["body", "webhook", "sync_field"], []]) {
      expect(getAction.translator.toPath(location)).toEqual(["id"]);
    }
  });
});

describe("a message of ContactSwing", () => {
  test.each([
    ["name, description, type, webhook, mandatory", "name, description, type, webhook, mandatory"],
    ["action_timing, sync_data, sync_module, sync_field", "actionTiming, syncData, syncModule, syncField"],
    ["sync_field/sync_module body.webhook.sync_field", "syncField/syncModule body.webhook.syncField"],
    ["'yes/no' yes/no.", "'YES_NO' YES_NO."],
    ["yes/no/maybe no/yes/no ayes/no yes/nob", "yes/no/maybe no/yes/no ayes/no yes/nob"],
    ["my_sync_field sync_fields", "my_sync_field sync_fields"],
  ])("says %j as %j", (message, expected) => {
    expect(toMessage(message)).toBe(expected);
  });

  test("keeps the fields of other operations", () => {
    const message = "action_id, is_active, per_page, sync_field, yes/no";

    expect(toMessage(message)).toBe("action_id, is_active, per_page, syncField, YES_NO");
    expect(getAction.translator.toMessage(message)).toBe("id, is_active, per_page, sync_field, yes/no");
    expect(listActions.translator.toMessage(message)).toBe(message);
  });
});

test("of an operation with a path and a body, each location belongs to the argument that it is about", () => {
  const fields = { items: { restName: "item_list", fields: { label: { restName: "label_text" } } } };
  const translator = createTranslator({ pathParameters: { id: "action_id" }, body: { argument: "input", fields } });

  expect(translator.toPath(["path", "action_id"])).toEqual(["id"]);
  expect(translator.toPath(["body", "item_list", 3, "label_text"])).toEqual(["input", "items", "label"]);
});
