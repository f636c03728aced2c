import { describe, expect, test } from "@jest/globals";
import { parseActionDetails, parseCreatedAction } from "../../src/contactswing/parse-answer.ts";

describe("the answer to a create", () => {
  test.each([
    [
      { action_id: "a", name: "n", type: "SINGLEDATAEXTRACTION" },
      { actionId: "a", name: "n" },
    ],
    [
      { action_id: "a", name: "" },
      { actionId: "a", name: "" },
    ],
    [{ action_id: "a" }, { actionId: "a", name: null }],
    [
      { action_id: "a", name: 7 },
      { actionId: "a", name: null },
    ],
    [{ action_id: "" }, undefined],
    [{ action_id: 7 }, undefined],
    [{}, undefined],
    [[], undefined],
    [null, undefined],
    ["a", undefined],
  ])("with the data %j", (data, expected) => {
    expect(parseCreatedAction({ data })).toEqual(expected);
  });

  test.each([[undefined], [null], [[{ data: { action_id: "a" } }]], ["text"]])("is of no use as %j", (body) => {
    expect(parseCreatedAction(body)).toBeUndefined();
  });
});

describe("the answer to a read", () => {
  const type = "SINGLEDATAEXTRACTION";
  const webhook = {
    mandatory: true,
    name: "field",
    description: "prompt",
    type: "yes/no",
    sync_data: false,
    sync_module: "customers",
    sync_field: "customer_timezone",
  };
  const noWebhookFields = {
    mandatory: null,
    name: null,
    description: null,
    type: null,
    syncData: null,
    syncModule: null,
    syncField: null,
  };
  const bare = { name: "n", description: null, isActive: null, webhook: null };

  test("is read field by field", () => {
    expect(parseActionDetails({ data: { type, name: "n", description: "d", is_active: false, webhook } })).toEqual({
      name: "n",
      description: "d",
      isActive: false,
      webhook: {
        mandatory: true,
        name: "field",
        description: "prompt",
        type: "yes/no",
        syncData: false,
        syncModule: "customers",
        syncField: "customer_timezone",
      },
    });
  });

  test.each([
    ["lacks what may be missing", {}, bare],
    ["has null for it", { description: null, is_active: null, webhook: null }, bare],
    ["has an empty webhook", { webhook: {} }, { ...bare, webhook: noWebhookFields }],
    [
      "has a webhook of nulls",
      { webhook: Object.fromEntries(Object.keys(webhook).map((name) => [name, null])) },
      { ...bare, webhook: noWebhookFields },
    ],
  ])("is good when it %s", (_case, data, expected) => {
    expect(parseActionDetails({ data: { type, name: "n", ...data } })).toEqual(expected);
  });

  test.each(["WEBHOOK", "DTMF_ACTION", ""])("is nothing when the action's type is %j", (other) => {
    expect(parseActionDetails({ data: { type: other } })).toBeNull();
  });

  test.each<[unknown]>([
    [{ name: "n" }],
    [{ type: 7, name: "n" }],
    [{ type }],
    [{ type, name: null }],
    [{ type, name: "n", description: 7 }],
    [{ type, name: "n", is_active: "true" }],
    [{ type, name: "n", webhook: [] }],
    [{ type, name: "n", webhook: "text" }],
    ...Object.entries(webhook).map(([name, value]): [object] => [
      { type, name: "n", webhook: { ...webhook, [name]: typeof value === "boolean" ? "true" : true } },
    ]),
    ["text"],
  ])("is not as documented with the data %j", (data) => {
    expect(parseActionDetails({ data })).toBeUndefined();
  });

  test.each([[undefined], [null], [[{ data: { type, name: "n" } }]]])("is not as documented as %j", (body) => {
    expect(parseActionDetails(body)).toBeUndefined();
  });
});
