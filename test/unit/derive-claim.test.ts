import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { BearerToken } from "../../src/auth/bearer-token.ts";
import { createCaller } from "../../src/auth/caller.ts";
import { canonicalize, type DerivedClaim, deriveClaim } from "../../src/idempotency/claim.ts";

interface Given {
  readonly token?: string;
  readonly subject?: string;
  readonly key?: string;
  readonly input?: object;
}

function derive({ token = "t", subject, key = "k", input = { name: "n", webhook: { syncData: true } } }: Given = {}) {
  const parsed = BearerToken.parse(`Bearer ${token}`);
  if (parsed === undefined) throw new Error("not a token");
  return deriveClaim(createCaller(parsed, subject), key, canonicalize(input));
}

const subject = '["issuer","subject"]';

// Replicas of two releases share one Redis during a rollout: digests change only together with the version.
test.each([
  [
    {},
    "kqfUQo5nf5HhgvnEN5LS_ReesRG3ZGu-Va112TMNGS8",
    "aTInZsm8-tx87MfK6vrAj39azaygbSwglNpX4IXmHs4",
    "PAwcCnZTa4QoyVd_XzlIfk9ph_NIoshLd-tsRAphqZY",
  ],
  [
    { subject },
    "xq2NsQNKtf6WuJTq1Gg2s7-NG9mDWO5cktMCNazRx1Q",
    "b0tZAATfcpWkwby3ew_DPUw3vTXuvHqHV3Lz_j7_IIo",
    "23_Ghol-iuitPP4Z4-8fUjlNMAsN4qYZoJ0WxvGQH-Q",
  ],
])("digests %j like every release", (given, key, fingerprint, sealKey) => {
  const claim = derive(given);

  expect({ ...claim, sealKey: claim.sealKey.toString("base64url") }).toEqual({ key, fingerprint, sealKey });
});

test("callers and idempotency keys have keys of their own, and inputs a fingerprint", () => {
  const one = derive();
  const others = [{ token: "u" }, { token: "u", subject: "t" }, { key: "l" }].map(derive);
  const otherInput = derive({ input: { name: "m" } });
  const count = (claims: DerivedClaim[], name: "key" | "fingerprint") => new Set(claims.map((c) => c[name])).size;

  expect(count([one, ...others], "key")).toBe(4);
  expect(count([one, ...others, otherInput], "fingerprint")).toBe(5);
  expect(otherInput.key).toBe(one.key);
  expect(otherInput.sealKey.equals(one.sealKey)).toBe(false);
});

test("a verified caller keeps its keys when its token is refreshed", () => {
  expect(derive({ token: "refreshed", subject })).toEqual(derive({ token: "first", subject }));
});

const names = fc.constantFrom("a", "b", "c", "d");
const scalar = fc.oneof(fc.boolean(), fc.string({ maxLength: 3 }), fc.constant(null), fc.constant(undefined));
const inputs = fc.dictionary(names, fc.oneof(scalar, fc.dictionary(names, scalar)));
/** The same input in other words: fields in another order, and some that say nothing more. */
const respell = (input: object): object =>
  Object.fromEntries([
    ["addition", null],
    ...Object.entries(input)
      .map(([name, value]) => [name, typeof value === "object" && value !== null ? respell(value) : value])
      .reverse(),
  ]);
const textOf = (input: object, defaults?: Record<string, unknown>) => JSON.stringify(canonicalize(input, defaults));

test("field order, absent fields, and null make no difference, at any depth", () => {
  fc.assert(fc.property(inputs, (input) => expect(textOf(respell(input))).toBe(textOf(input))));
});

test("a new field with a default makes no difference unless the input gives another value", () => {
  fc.assert(
    fc.property(inputs, (input) => {
      const before = textOf(input);
      expect(textOf({ e: "default", ...input }, { e: "default" })).toBe(before);
      expect(textOf({ e: "other", ...input }, { e: "default" })).not.toBe(before);
    }),
  );
});

test("inputs that differ in a value differ", () => {
  const withoutNull = inputs.map((input) => canonicalize(input) as Record<string, unknown>);
  fc.assert(
    fc.property(withoutNull, withoutNull, (one, other) => {
      if (textOf(one) === textOf(other)) expect(one).toEqual(other);
    }),
  );
});
