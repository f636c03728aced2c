import { expect, test } from "@jest/globals";
import { BearerToken } from "../../src/auth/bearer-token.ts";
import { type DerivedClaim, deriveClaim } from "../../src/idempotency/derive-claim.ts";

const input = { name: "n", webhook: { sync_data: true } };

function derive(given: { token?: string; verifiedSubject?: string; key?: string; input?: object } = {}): DerivedClaim {
  const token = BearerToken.parse(`Bearer ${given.token ?? "t"}`);
  if (token === undefined) throw new Error("not a token");
  const caller = { token, requestId: "r", traceparent: undefined };
  const owner = given.verifiedSubject === undefined ? caller : { ...caller, verifiedSubject: given.verifiedSubject };
  return deriveClaim(owner, given.key ?? "k", given.input ?? input);
}

// Replicas of two releases share one Redis while they are rolled out: these change with the version alone.
test.each([
  [
    {},
    "kqfUQo5nf5HhgvnEN5LS_ReesRG3ZGu-Va112TMNGS8",
    "VtKSOKo6lXxcK91jha-nYHlZYNoyRIp1LHmylk6jec0",
    "g2ot22utyHSGtlm5XaII2tX4A34tLoy_ssOhBg-lXnc",
  ],
  [
    { verifiedSubject: '["i","s"]' },
    "jfqTUJy8yKd36lq0j7D12hmsuJ2im7Pr1cmzQ494v7A",
    "DZkP3ioE3HasgIa9hiyqGnsIPPYR1jnZJ0qQPP123SQ",
    "bET0jbZMz_G66c6i8LrvV_MmacsVQjb-lGbhMAXhnUw",
  ],
])("digests %j as every release does", (given, key, fingerprint, sealKey) => {
  const claim = derive(given);

  expect({ ...claim, sealKey: claim.sealKey.toString("base64url") }).toEqual({ key, fingerprint, sealKey });
});

test("has another key for another caller or idempotency key, and another fingerprint for another input too", () => {
  const one = derive();
  const others = [{ token: "u" }, { verifiedSubject: "t" }, { key: "l" }].map(derive);
  const otherInput = derive({ input: { ...input, name: "m" } });

  expect(new Set([one, ...others].map(({ key }) => key)).size).toBe(4);
  expect(new Set([one, ...others, otherInput].map(({ fingerprint }) => fingerprint)).size).toBe(5);
  expect(otherInput.key).toBe(one.key);
  expect(otherInput.sealKey.equals(one.sealKey)).toBe(false);
});

test("knows a verified caller by the subject, whatever the token is", () => {
  const verifiedSubject = '["i","s"]';

  expect(derive({ token: "refreshed", verifiedSubject })).toEqual(derive({ token: "first", verifiedSubject }));
});
