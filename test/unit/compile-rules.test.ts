import "reflect-metadata";
import { expect, test } from "@jest/globals";
import {
  IsOptional,
  IsString,
  MaxLength,
  registerDecorator,
  Validate,
  ValidateBy,
  ValidateNested,
  validateSync,
} from "class-validator";
import fc from "fast-check";
import { compileRules } from "../../src/actions/compile-rules.ts";
import {
  CreateDataExtractionActionInput,
  DataExtractionWebhookInput,
} from "../../src/actions/create-data-extraction-action-input.ts";

class Plain {}

class Inner {
  @MaxLength(3)
  readonly text: unknown = "abc";
}

class Outer {
  @IsString()
  readonly name: unknown = "name";
  @ValidateNested()
  readonly inner: unknown = new Inner();
}

function check(type: object, values: object): boolean {
  const object = Object.assign(new (type as new () => object)(), values);
  const isValid = compileRules(type)(object);
  // class-validator itself is the judge.
  expect({ values, isValid }).toEqual({ values, isValid: validateSync(object).length === 0 });
  return isValid;
}

test.each([
  [{}, true],
  [{ name: 7 }, false],
  [{ inner: Object.assign(new Inner(), { text: "abcd" }) }, false],
  [{ inner: undefined }, true],
  [{ inner: null }, false],
  [{ inner: 7 }, false],
  [{ inner: "text" }, false],
  [{ inner: {} }, false],
])("agrees with class-validator on %j", (values, expected) => {
  expect(check(Outer, values)).toBe(expected);
});

test("leaves what it does not know to class-validator", () => {
  const passes = { validate: () => true };
  class Conditional {
    @IsOptional()
    readonly name = undefined;
  }
  class Sometimes {
    @ValidateBy({ name: "passes", validator: passes }, { validateIf: () => true })
    readonly name = "name";
  }
  class Listed {
    @ValidateBy({ name: "passes", validator: passes }, { each: true })
    readonly names = ["name"];
  }
  class Asynchronous {
    readonly name = "name";
  }
  registerDecorator({ target: Asynchronous, propertyName: "name", async: true, options: {}, validator: passes });
  class Promising {
    @ValidateBy({ name: "later", validator: { validate: () => Promise.resolve(true) } })
    readonly name = "name";
  }
  class Unregistered {
    @Validate(Plain as never)
    readonly name = "name";
  }
  class List {
    @ValidateNested()
    readonly inner = [new Inner()];
  }

  for (const type of [Plain, Conditional, Sometimes, Listed, Asynchronous, Promising, Unregistered, List]) {
    expect(compileRules(type)(new type())).toBe(false);
  }
});

test("keeps rules of groups when no group is asked for, as class-validator does", () => {
  class Grouped {
    @IsString({ groups: ["a"] })
    readonly name: unknown = "name";
  }

  expect(check(Grouped, {})).toBe(true);
  expect(check(Grouped, { name: 7 })).toBe(false);
});

test("tells a rule what class-validator tells it", () => {
  const told: unknown[] = [];
  class Curious {
    @ValidateBy({
      name: "asks",
      constraints: [7],
      validator: {
        validate: (value, given) => {
          told.push([value, given]);
          return true;
        },
      },
    })
    readonly name = "n";
  }
  const object = new Curious();

  compileRules(Curious)(object);
  validateSync(object);

  const given = { value: "n", constraints: [7], targetName: "Curious", object, property: "name" };
  expect(told).toEqual([
    ["n", given],
    ["n", given],
  ]);
});

test("compiles a class once", () => {
  class Fresh {
    @IsString()
    readonly name = "name";
  }

  expect(compileRules(Fresh)).toBe(compileRules(Fresh));
});

test("agrees with class-validator on any input", () => {
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("", " ", "\u0000", "x".repeat(256), undefined, null),
  );
  const webhook = fc.record(
    {
      mandatory: fc.boolean(),
      name: text,
      description: text,
      syncData: fc.boolean(),
      syncModule: text,
      syncField: text,
    },
    { requiredKeys: [] },
  );
  const input = fc.record(
    { name: text, description: text, idempotencyKey: text, webhook },
    { requiredKeys: ["webhook"] },
  );

  fc.assert(
    fc.property(input, ({ webhook, ...values }) => {
      check(CreateDataExtractionActionInput, {
        ...values,
        webhook: Object.assign(new DataExtractionWebhookInput(), webhook),
      });
    }),
  );
});
