/**
 * From what a person chose to rows a model of two outcomes learns from: an item for this person, chosen or not. The model
 * knows neither persons nor items by name: it reads what an item's text says, what the person's other choices say, and how
 * often the item is chosen by all. So it recommends to whoever comes, and its size does not grow with the catalogue.
 *
 * Of each choice `othersEach` items are drawn that the person did not choose (negative sampling, He et al. 2017, §3.1).
 * The last choice stands among `ranked` others, to be ranked and not to be learned from.
 */
import type { TypedRows } from "../data/rows.ts";
import type { RandomSource } from "../privacy/random.ts";
import type { Catalogue } from "./catalogue.ts";
import { popularityInputs } from "./popularity.ts";
import { ranked } from "./ranking.ts";

const othersEach = 4;

/** The latest count: a person with thousands is trained on as many rows as others, and their tab is not kept busy. */
const mostChoices = 100;

export interface Pairs {
  /** Labels 1 chosen, 0 not; cells of the person's choice that each stands beside */
  rows: TypedRows;
  /** Of heldBack the first is the last choice */
  portions: { train: Uint32Array; heldBack: Uint32Array };
  /** [rows.count], places in the catalogue */
  candidates: Uint32Array;
  /** [rows.count, width]: mean of the vectors of all choices that are learned from, but for the candidate */
  likings: Float32Array;
  /** Places of the choices that are learned from, each once */
  chosen: Uint32Array;
}

/**
 * @param choices a person's: see knownChoices
 * @param portions of them: what is learned from, and the last choice
 */
export function pairsOf(
  choices: TypedRows,
  portions: Pairs["portions"],
  catalogue: Catalogue,
  random: RandomSource,
): Pairs {
  const { items, order } = choices.choices!;
  const placed = (row: number) => ({ row, place: catalogue.places.get(items[row]!)! });
  const learned = Array.from(portions.train, placed).sort((a, b) => order[a.row]! - order[b.row]!);
  const last = placed(portions.heldBack[0]!);
  const chosen = new Set(learned.map(({ place }) => place));
  const all = new Set([...chosen, last.place]);
  const size = catalogue.ids.length;
  const others = (count: number, but: ReadonlySet<number>): number[] => {
    const drawn: number[] = [];
    const taken = new Set(but);
    while (drawn.length < count) {
      const place = random.below(size);
      if (taken.has(place)) continue;
      drawn.push(place);
      // Those to be ranked among are different ones.
      if (count === ranked) taken.add(place);
    }
    return drawn;
  };

  const pairs: { row: number; place: number; label: number }[] = [];
  for (const { row, place } of learned.slice(-mostChoices)) {
    pairs.push({ row, place, label: 1 });
    for (const other of others(othersEach, chosen)) pairs.push({ row, place: other, label: 0 });
  }
  const train = pairs.length;
  pairs.push({ ...last, label: 1 }, ...others(ranked, all).map((place) => ({ row: last.row, place, label: 0 })));

  const { width } = catalogue;
  const likings = new Float32Array(pairs.length * width);
  pairs.forEach(({ place }, i) => {
    likings.set(likingOf(chosen, catalogue, place), i * width);
  });
  const perRow = choices.cells.length / choices.count;
  return {
    rows: {
      count: pairs.length,
      numeric: {},
      categorical: {},
      labels: Uint8Array.from(pairs, ({ label }) => label),
      cells: Uint8Array.from(pairs.flatMap(({ row }) => [...choices.cells.subarray(row * perRow, (row + 1) * perRow)])),
    },
    portions: {
      train: Uint32Array.from({ length: train }, (_, i) => i),
      heldBack: Uint32Array.from({ length: 1 + ranked }, (_, i) => train + i),
    },
    candidates: Uint32Array.from(pairs, ({ place }) => place),
    likings,
    chosen: Uint32Array.from(chosen),
  };
}

/**
 * What somebody likes [width]: the mean of the vectors of what they chose.
 * @param but what they are asked about, which must not speak for itself
 */
export function likingOf(chosen: ReadonlySet<number>, { width, vectors }: Catalogue, but?: number): Float64Array {
  const sum = new Float64Array(width);
  let count = 0;
  for (const place of chosen) {
    if (place === but) continue;
    count++;
    for (let k = 0; k < width; k++) sum[k]! += vectors[place * width + k]!;
  }
  return sum.map((x) => x / Math.max(1, count));
}

/**
 * Model inputs [rows, 1 + 2·width]: how often the item is chosen, its vector, and its vector times the person's liking,
 * number by number: a linear model on these weighs by itself in what two items should be alike.
 */
export function pairInputs(
  { candidates, likings }: Pick<Pairs, "candidates" | "likings">,
  { width, vectors }: Catalogue,
  popularity: readonly number[],
): Float32Array<ArrayBuffer> {
  const popular = popularityInputs(popularity);
  const each = 1 + 2 * width;
  const inputs = new Float32Array(candidates.length * each);
  candidates.forEach((place, i) => {
    inputs[i * each] = popular[place]!;
    for (let k = 0; k < width; k++) {
      const x = vectors[place * width + k]!;
      inputs[i * each + 1 + k] = x;
      inputs[i * each + 1 + width + k] = x * likings[i * width + k]!;
    }
  });
  return inputs;
}
