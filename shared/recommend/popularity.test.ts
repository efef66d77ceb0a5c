import fc from "fast-check";
import { expect, it } from "vitest";
import { segment } from "../questions/layout.ts";
import { profileLayout, readProfile } from "../questions/profile.ts";
import { choiceShares } from "../questions/profile-counts.ts";
import { popularityInputs, popularityOf } from "./popularity.ts";
import { filmTask } from "./testing/films.ts";

const count = 300;
const task = filmTask("0".repeat(64), count);
const layout = profileLayout(task);
const choices = fc.uniqueArray(fc.integer({ min: 0, max: count - 1 }), { minLength: 1, maxLength: 120 });

it("a person moves the sum by a norm of 1, however much they chose, and in the chosen items only", () => {
  fc.assert(
    fc.property(choices, (places) => {
      const shares = choiceShares(Uint32Array.from(places), layout);
      expect(Math.hypot(...shares)).toBeCloseTo(1, 12);
      const { offset, bound } = segment(layout, "items");
      expect(bound).toBe(1);
      const moved = Array.from(shares.keys()).filter((i) => shares[i] !== 0);
      expect(moved).toEqual([...places].sort((a, b) => a - b).map((place) => offset + place));
    }),
  );
});

it("what several chose is the more popular the more chose it; what the noise leaves below 0 is 0", () => {
  const sum = new Float64Array(layout.dimension);
  const { offset, unit } = segment(layout, "items");
  [40, 10, 2, -5].forEach((persons, place) => {
    sum[offset + place] = persons * unit;
  });
  const told = readProfile(task, layout, sum).marginals.film!;
  expect(told).toHaveLength(count);
  expect(told[0]!).toBeGreaterThan(told[1]!);
  expect(told[1]!).toBe(Math.round(100 * Math.log(11)));
  expect(told.slice(3)).toEqual(new Array(count - 3).fill(0));
  expect(told.every(Number.isInteger)).toBe(true);
});

it("as a model's input it has mean 0 and variance 1, and is 0 where nothing is known", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 2, maxLength: 80 }), (told) => {
      const inputs = popularityInputs(told);
      if (new Set(told).size === 1) {
        expect(inputs.every((x) => x === 0)).toBe(true);
        return;
      }
      const mean = inputs.reduce((a, b) => a + b) / inputs.length;
      expect(mean).toBeCloseTo(0, 9);
      expect(inputs.reduce((sum, x) => sum + x * x, 0) / inputs.length).toBeCloseTo(1, 9);
    }),
    // Where nothing is known is rarely drawn.
    { examples: [[[3, 3]], [[0, 0, 0]]] },
  );
  expect(popularityOf([])).toEqual([]);
});
