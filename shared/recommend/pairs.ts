/**
 * From what a person chose to rows a model of two outcomes learns from: an item for this person, chosen or not. The model
 * knows neither persons nor items by name: it reads what an item's text says, what the person's other choices say, and how
 * often the item is chosen by all. So it recommends to whoever comes, and its size does not grow with the catalogue.
 *
 * Of each choice `othersEach` items are drawn that the person did not choose (negative sampling, He et al. 2017, §3.1).
 * The last choice stands among `ranked` others, to be ranked and not to be learned from.
 */
import type { TypedRows } from "../data/rows.ts";
import { InputError } from "../errors.ts";
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
 * @param choices a person's rows, as the file has them
 * @param portions of them: what is learned from, and the last choice
 * @throws InputError where too few of them are in the catalogue, or nearly all of it
 */
export function pairsOf(
  choices: TypedRows,
  portions: Pairs["portions"],
  catalogue: Catalogue,
  random: RandomSource,
): Pairs {
  const places = new Map(catalogue.ids.map((id, place) => [id, place]));
  const { items, order } = choices.choices!;
  const known = (rows: Uint32Array) =>
    Array.from(rows, (row) => ({ row, place: places.get(items[row]!) })).filter(
      (choice): choice is { row: number; place: number } => choice.place !== undefined,
    );
  const learned = known(portions.train).sort((a, b) => order[a.row]! - order[b.row]!);
  const last = known(portions.heldBack)[0];
  if (learned.length < 2 || !last)
    throw new InputError("file", "has fewer than three choices that the catalogue knows", "Choose another file.");
  const chosen = new Set(learned.map(({ place }) => place));
  const all = new Set([...chosen, last.place]);
  const size = catalogue.ids.length;
  if (size - all.size < ranked)
    throw new InputError("file", "has chosen nearly all of the catalogue", "Choose another file.");
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

  const { width, vectors } = catalogue;
  const sum = new Float64Array(width);
  for (const place of chosen) for (let k = 0; k < width; k++) sum[k]! += vectors[place * width + k]!;
  const likings = new Float32Array(pairs.length * width);
  pairs.forEach(({ place }, i) => {
    const own = Number(chosen.has(place));
    const count = Math.max(1, chosen.size - own);
    for (let k = 0; k < width; k++) likings[i * width + k] = (sum[k]! - own * vectors[place * width + k]!) / count;
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
