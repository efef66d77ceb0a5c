import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitHeldBack } from "../data/portions.ts";
import { readRows, type TextRecord } from "../data/rows.ts";
import { seededRandom } from "../privacy/testing/seeded.ts";
import { knownChoices } from "./choices.ts";
import { pairInputs, pairsOf } from "./pairs.ts";
import { popularityInputs } from "./popularity.ts";
import { ranked } from "./ranking.ts";
import { recommended } from "./recommend.ts";
import { filmsOf, filmTask } from "./testing/films.ts";

const films = filmsOf(260);
const task = filmTask("0".repeat(64), films.ids.length);
const choicesOf = (records: TextRecord[]) => knownChoices(readRows(records, task).rows, films);
const record = (place: number, when: number): TextRecord => ({
  film: films.ids[place]!,
  when: String(when),
  likes: "comedy",
});

function madeOf(places: readonly number[], seed = 1) {
  const choices = choicesOf(places.map(record));
  const portions = splitHeldBack(choices, 0.2, new Uint8Array(32));
  return { choices, portions, pairs: pairsOf(choices, portions, films, seededRandom(seed)) };
}
const chosenPlaces = fc.uniqueArray(fc.integer({ min: 0, max: films.ids.length - 1 }), {
  minLength: 3,
  maxLength: 140,
});

describe("what a person chose", () => {
  it("counts once, at its last time, as far as the catalogue knows it", () => {
    const choices = choicesOf([
      record(4, 1),
      record(7, 2),
      { film: "unknown", when: "9", likes: "comedy" },
      record(4, 3),
      record(9, 2),
    ]);
    expect(choices.choices!.items).toEqual([7, 4, 9].map((place) => films.ids[place]!));
    expect(Array.from(choices.choices!.order)).toEqual([2, 3, 2]);
    const { train, heldBack } = splitHeldBack(choices, 0.9, new Uint8Array(32));
    expect([Array.from(train), Array.from(heldBack)]).toEqual([[0, 2], [1]]);
  });

  it("is refused where it is too little, or nearly everything", () => {
    expect(() => choicesOf([record(1, 1), record(2, 2), record(2, 3)])).toThrow("fewer than three choices");
    expect(() => choicesOf(films.ids.map((_, place) => record(place, place)))).toThrow("nearly all of the catalogue");
  });

  it("without a time is a problem of the file", () => {
    const { problems } = readRows(
      [record(1, 1), { ...record(2, 2), when: "soon" }, { ...record(3, 3), film: "" }],
      task,
    );
    expect(problems.map(({ row, code }) => [row, code])).toEqual([
      [2, "not-a-number"],
      [3, "unknown-label"],
    ]);
  });
});

describe("rows made of choices", () => {
  it("have one chosen to four that were not; the last is ranked among others, all different and never chosen", () => {
    fc.assert(
      fc.property(chosenPlaces, (places) => {
        const { pairs } = madeOf(places);
        const { rows, portions, candidates, chosen } = pairs;
        const learned = places.slice(0, -1);
        expect([...chosen].sort()).toEqual([...learned].sort());
        const labels = (part: Uint32Array) => Array.from(part, (row) => rows.labels[row]!);
        const count = Math.min(100, learned.length);
        expect(labels(portions.train).filter((label) => label === 1)).toHaveLength(count);
        expect(portions.train).toHaveLength(5 * count);
        for (const row of portions.train) expect(chosen.includes(candidates[row]!)).toBe(rows.labels[row] === 1);
        const tested = Array.from(portions.heldBack, (row) => candidates[row]!);
        expect(tested[0]).toBe(places.at(-1));
        expect(labels(portions.heldBack)).toEqual([1, ...new Array(ranked).fill(0)]);
        expect(new Set([...tested, ...learned]).size).toBe(1 + ranked + learned.length);
      }),
      { numRuns: 30 },
    );
  });

  it("tell nothing of what is held back: with another last choice, the same is learned", () => {
    fc.assert(
      fc.property(chosenPlaces, fc.integer({ min: 0, max: films.ids.length - 1 }), (places, other) => {
        fc.pre(!places.includes(other));
        const [one, another] = [places, places.with(-1, other)].map((own) => madeOf(own).pairs);
        const learned = (pairs: NonNullable<typeof one>) => {
          const end = pairs.portions.train.length;
          return [pairs.candidates.slice(0, end), pairs.likings.slice(0, end * films.width), pairs.chosen].map(String);
        };
        expect(learned(one!)).toEqual(learned(another!));
      }),
      { numRuns: 30 },
    );
  });

  it("have the inputs that are written down: popularity, vector, and vector times the mean of the other choices", () => {
    fc.assert(
      fc.property(chosenPlaces, fc.integer({ min: 1, max: 1000 }), (places, seed) => {
        const { pairs } = madeOf(places, seed);
        const popularity = films.ids.map((_, place) => (place * 37) % 101);
        const inputs = pairInputs(pairs, films, popularity);
        const popular = popularityInputs(popularity);
        const each = 1 + 2 * films.width;
        const vector = (place: number) => films.vectors.subarray(place * films.width, (place + 1) * films.width);
        for (const row of [0, 1, 5, pairs.rows.count - 1].filter((row) => row < pairs.rows.count)) {
          const place = pairs.candidates[row]!;
          const others = places.slice(0, -1).filter((own) => own !== place);
          const expected = Array.from(vector(place), (x, k) => {
            const mean = others.reduce((sum, own) => sum + vector(own)[k]!, 0) / Math.max(1, others.length);
            return [x, x * mean] as const;
          });
          const wanted = [popular[place]!, ...expected.map(([x]) => x), ...expected.map(([, product]) => product)];
          wanted.forEach((x, i) => {
            expect(inputs[row * each + i]!).toBeCloseTo(x, 5);
          });
        }
      }),
      { numRuns: 30 },
    );
  });
});

it("what is recommended is what scores best of all that was not chosen, in pieces as at once", async () => {
  const many = filmsOf(2500);
  const popularity = many.ids.map((_, place) => place % 977);
  const chosen = new Set([0, 2, 4, 10]);
  const score = (inputs: Float32Array) =>
    Array.from({ length: inputs.length / 5 }, (_, row) => inputs[row * 5]! + 3 * inputs[row * 5 + 3]!);
  const told = await recommended(chosen, many, popularity, score, 5);
  const popular = popularityInputs(popularity);
  const brute = many.ids
    .map((_, place) => ({ place, score: popular[place]! + 3 * (place % 2 === 0 ? 1 : -1) }))
    .filter(({ place }) => !chosen.has(place))
    .sort((a, b) => b.score - a.score);
  expect(told.map((place) => popular[place]!)).toEqual(brute.slice(0, 5).map(({ place }) => popular[place]!));
  expect(told.every((place) => place % 2 === 0 && !chosen.has(place))).toBe(true);
});
