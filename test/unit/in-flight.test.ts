import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { InFlight } from "../../src/memory/in-flight.ts";

test("has the members of a Set after any additions and removals", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ adds: fc.boolean(), choice: fc.nat() }), { maxLength: 200 }), (steps) => {
      const inFlight = new InFlight<number>();
      const expected = new Set<number>();
      const added: { readonly member: number; readonly remove: () => boolean }[] = [];

      for (const [member, { adds, choice }] of steps.entries()) {
        const chosen = added[choice % (added.length || 1)];
        if (adds || chosen === undefined) {
          added.push({ member, remove: inFlight.add(member) });
          expected.add(member);
        } else {
          expect(chosen.remove()).toBe(expected.delete(chosen.member));
        }
        expect(inFlight.members().toSorted((a, b) => a - b)).toEqual([...expected]);
        expect(inFlight.size).toBe(expected.size);
      }
    }),
  );
});
