import fc from "fast-check";
import { expect, test } from "vitest";
import { MemberSet, membersOf, membersOfText, setLength, setOf, setText } from "./member-set.ts";

const sizes = fc.integer({ min: 1, max: 300 });

test("a set comes back as its members in ascending order, and takes a bit for each of the roster", () => {
  fc.assert(
    fc.property(sizes, fc.uniqueArray(fc.nat(299)), (size, some) => {
      const members = some.filter((member) => member < size);
      const sorted = members.toSorted((a, b) => a - b);
      expect(membersOf(setOf(members, size), size)).toEqual(sorted);
      expect(membersOfText(setText(members, size), size)).toEqual(sorted);
      expect(setOf(members, size)).toHaveLength(Math.ceil(size / 8));
    }),
  );
});

test("what names somebody outside the roster, or has another length, is no set of its members", () => {
  fc.assert(
    fc.property(sizes, fc.uint8Array({ maxLength: 45 }), (size, bytes) => {
      const members = membersOf(bytes, size);
      if (bytes.length !== setLength(size)) expect(members).toBeUndefined();
      // One text for one set: what is signed cannot be told in two ways.
      if (members) expect(setOf(members, size)).toEqual(bytes);
      else if (bytes.length === setLength(size)) expect(bytes.at(-1)! >> (size % 8 || 8)).toBeGreaterThan(0);
    }),
  );
  for (const text of ["0", "G0", "0F", "0f0f"]) expect(membersOfText(text, 8)).toBeUndefined();
});

test("what is kept of a set has the same members, and none outside the roster", () => {
  fc.assert(
    fc.property(sizes, fc.uniqueArray(fc.nat(299)), (size, some) => {
      const members = some.filter((member) => member < size);
      const kept = new MemberSet(members, size);
      expect(kept.size).toBe(members.length);
      for (let i = 0; i < 400; i++) expect(kept.has(i)).toBe(members.includes(i));
    }),
  );
});
