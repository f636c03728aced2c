import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { BearerToken } from "../../src/auth/bearer-token.ts";
import { createCaller, createVerifiedCaller, type Subject } from "../../src/auth/caller.ts";
import { canonicalize, type DerivedClaim, deriveClaim } from "../../src/idempotency/claim.ts";

interface Given {
  readonly token?: string;
  readonly subject?: Subject;
  readonly operation?: string;
  readonly key?: string;
  readonly input?: object;
}

function derive(given: Given = {}) {
  const {
    token = "t",
    subject,
    operation = "create",
    key = "k",
    input = { name: "n", webhook: { syncData: true } },
  } = given;
  const parsed = BearerToken.parse(`Bearer ${token}`);
  if (parsed === undefined) throw new Error("not a token");
  const caller = subject === undefined ? createCaller(parsed) : createVerifiedCaller(parsed, subject);
  return deriveClaim({ caller, operation, idempotencyKey: key, input: canonicalize(input, {}, false) });
}

const subject: Subject = { issuer: "issuer", subject: "subject" };
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const jwt = (claims: unknown, signature = "s") => `${encode({ alg: "RS256" })}.${encode(claims)}.${signature}`;

// Replicas of two releases share one Redis during a rollout: digests change only together with the version.
test.each([
  [
    {},
    "uHzeMCQ3nZEtn2MUBALOFYJkRiYUEGEAqkAq9d11uNQ",
    "YjT3LRwhu4SX1BLxi5JYxz0yg_ZJ8zjPfJozA4YNJQE",
    "5xNoj8HEqELph7LDSmhFxZaLWcpmUgAtqN_2rhKtR3Y",
  ],
  [
    { subject },
    "BsYaPd4EVz1VpauZpicch2O8kMUegOZlz3Qt6EEn2ps",
    "UlmGkr-K-_nnBw6-F4YZq1DT5gK1HPEKA0RlCV2iWjY",
    "5xNoj8HEqELph7LDSmhFxZaLWcpmUgAtqN_2rhKtR3Y",
  ],
])("digests %j like every release", (given, key, fingerprint, tokenDigest) => {
  expect(derive(given)).toEqual({ key, fingerprint, tokenDigest, isOwnerCertain: true });
});

test("callers, operations, and idempotency keys have keys of their own, and inputs a fingerprint", () => {
  const one = derive();
  const others = [{ token: "u" }, { subject }, { operation: "update" }, { key: "l" }].map(derive);
  const otherInput = derive({ input: { name: "m" } });
  const count = (claims: DerivedClaim[], name: "key" | "fingerprint") => new Set(claims.map((c) => c[name])).size;

  expect(count([one, ...others], "key")).toBe(5);
  expect(count([one, ...others, otherInput], "fingerprint")).toBe(6);
  expect(otherInput.key).toBe(one.key);
});

test.each([
  ["a verified subject", { token: "first", subject }, { token: "refreshed", subject }, true],
  ["a claimed subject", { token: jwt({ iss: "i", sub: "s", exp: 1 }) }, { token: jwt({ iss: "i", sub: "s" }) }, false],
  ["a claimed subject without an issuer", { token: jwt({ sub: "s", exp: 1 }) }, { token: jwt({ sub: "s" }) }, false],
])("%s keeps its keys when its token is refreshed", (_case, first, refreshed, isOwnerCertain) => {
  const [before, after] = [derive(first), derive(refreshed)];

  expect(after).toMatchObject({ key: before.key, fingerprint: before.fingerprint, isOwnerCertain });
  expect(after.tokenDigest).not.toBe(before.tokenDigest);
});

test.each([
  ["another subject", { sub: "s" }, { sub: "t" }],
  ["another issuer", { iss: "i", sub: "s" }, { iss: "j", sub: "s" }],
  ["an issuer", { sub: "s" }, { iss: "i", sub: "s" }],
])("%s has keys of its own", (_case, claims, others) => {
  expect(derive({ token: jwt(claims) }).key).not.toBe(derive({ token: jwt(others) }).key);
});

test.each([
  ["no subject", jwt({ iss: "i" }), jwt({ iss: "i", exp: 1 })],
  ["an empty subject", jwt({ sub: "" }), jwt({ sub: "", exp: 1 })],
  ["a subject that is a number", jwt({ sub: 1 }), jwt({ sub: 1, exp: 1 })],
  ["claims that are not an object", jwt("text"), jwt("text", "t")],
  ["a part too many", `${jwt({ sub: "s" })}.x`, `${jwt({ sub: "s" })}.y`],
  ["a header that is not JSON", `x.${encode({ sub: "s" })}.s`, `x.${encode({ sub: "s" })}.t`],
])("with %s, a key belongs to the token", (_case, token, other) => {
  expect(derive({ token }).key).not.toBe(derive({ token: other }).key);
  expect(derive({ token }).isOwnerCertain).toBe(true);
});

test("the subject of a verified token is not replaced by what it claims", () => {
  const token = jwt({ iss: "i", sub: "s" });
  const parsed = BearerToken.parse(`Bearer ${token}`) as BearerToken;
  const write = { operation: "create", idempotencyKey: "k", input: {} };

  const withoutSubject = deriveClaim({ caller: createVerifiedCaller(parsed, undefined), ...write });

  expect(withoutSubject.key).not.toBe(deriveClaim({ caller: createCaller(parsed), ...write }).key);
  expect(withoutSubject.isOwnerCertain).toBe(true);
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
const textOf = (input: object, defaults?: Record<string, unknown>) =>
  JSON.stringify(canonicalize(input, defaults, false));

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
  const withoutNull = inputs.map((input) => canonicalize(input, {}, false) as Record<string, unknown>);
  fc.assert(
    fc.property(withoutNull, withoutNull, (one, other) => {
      if (textOf(one) === textOf(other)) expect(one).toEqual(other);
    }),
  );
});

test("lists keep their order, their nulls, and the objects in them", () => {
  const items = [{ b: 1, a: null }, null, "text", [2, null]];

  expect(canonicalize({ items }, {}, false)).toEqual({ items: [{ b: 1 }, null, "text", [2, null]] });
});

test("a null that clears a field differs from an absent field", () => {
  const text = (input: object) => JSON.stringify(canonicalize(input, {}, true));

  expect(text({ a: null })).not.toBe(text({}));
});
