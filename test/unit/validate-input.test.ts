import "reflect-metadata";
import { expect, test } from "@jest/globals";
import { IsOptional } from "class-validator";
import {
  CreateDataExtractionActionInput,
  DataExtractionWebhookInput,
} from "../../src/actions/create-data-extraction-action-input.ts";
import { validateInput } from "../../src/actions/validate-input.ts";
import { CallFailure, type FieldError } from "../../src/failures/failure.ts";

/** The problems of an input, as `path rule: message`. */
function problemsOf(values: object, webhook: object): string[] {
  const input = Object.assign(new CreateDataExtractionActionInput(), {
    name: "n",
    ...values,
    webhook: Object.assign(new DataExtractionWebhookInput(), webhook),
  });
  try {
    validateInput(input, "input");
    return [];
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    expect(error.failure).toEqual({ kind: "input-invalid", fieldErrors: expect.any(Array) });
    const { fieldErrors = [] } = error.failure;
    return fieldErrors.map(({ path, rule, message }: FieldError) => `${path.join(".")} ${rule}: ${message}`).sort();
  }
}

const blank = "isNotBlank: Must not be blank.";
const control =
  "hasNoControlCharacters: Must not contain control characters other than tab, line feed and carriage return.";
const isLong = (maximum: number) => `maxCodePoints: Must be at most ${maximum} characters long.`;
const needed = "isNeededToSync: Needed when syncData is true.";
const badKey = "isIdempotencyKey: Must be 1 to 255 visible ASCII characters.";
const long = "x".repeat(256);

test.each<[object, object, string[]]>([
  [{}, {}, []],
  [{ name: " " }, {}, [`input.name ${blank}`]],
  [{ name: long }, {}, [`input.name ${isLong(255)}`]],
  [{ name: "🙂".repeat(255) }, {}, []],
  [{ name: "🙂".repeat(256) }, {}, [`input.name ${isLong(255)}`]],
  [{ name: `${"🙂".repeat(254)}x` }, {}, []],
  [{ name: `${"🙂".repeat(254)}xx` }, {}, [`input.name ${isLong(255)}`]],
  [{ description: "\u0001" }, {}, [`input.description ${control}`]],
  [{ description: "x".repeat(10_000) }, {}, []],
  [{ description: "x".repeat(10_001) }, {}, [`input.description ${isLong(10_000)}`]],
  [{ idempotencyKey: "a b" }, {}, [`input.idempotencyKey ${badKey}`]],
  [{ idempotencyKey: "" }, {}, [`input.idempotencyKey ${badKey}`]],
  [{ idempotencyKey: null }, {}, []],
  [{ idempotencyKey: "!~".repeat(127) }, {}, []],
  [{}, { name: "" }, [`input.webhook.name ${blank}`]],
  [{}, { name: long }, [`input.webhook.name ${isLong(255)}`]],
  [{}, { description: "a\u007fb" }, [`input.webhook.description ${control}`]],
  [{}, { description: "x".repeat(10_001) }, [`input.webhook.description ${isLong(10_000)}`]],
  [{}, { syncModule: long }, [`input.webhook.syncModule ${isLong(255)}`]],
  [{}, { syncField: long }, [`input.webhook.syncField ${isLong(255)}`]],
  [{}, { syncData: true, syncModule: "m", syncField: "f" }, []],
  [{}, { syncData: true }, [`input.webhook.syncField ${needed}`, `input.webhook.syncModule ${needed}`]],
  [{}, { syncData: true, syncModule: null, syncField: "f" }, [`input.webhook.syncModule ${needed}`]],
  [{}, { syncData: false }, []],
  [
    { name: " \u0001".repeat(200), idempotencyKey: "ä" },
    { name: " " },
    [
      `input.idempotencyKey ${badKey}`,
      `input.name ${control}`,
      `input.name ${isLong(255)}`,
      `input.webhook.name ${blank}`,
    ],
  ],
])("says of %j with the webhook %j every problem", (values, webhook, problems) => {
  expect(problemsOf(values, webhook)).toEqual(problems);
});

test("takes what class-validator takes, also by rules that are not compiled", () => {
  class Conditional {
    @IsOptional()
    readonly name = undefined;
  }

  expect(() => validateInput(new Conditional(), "input")).not.toThrow();
});
