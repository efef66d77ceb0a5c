/**
 * KernelSHAP (Lundberg & Lee 2017, Theorem 2): Shapley values as a weighted least-squares fit of v(S) by an additive
 * function, under the constraint that the shares add up to v(all) − v(none), which is solved for exactly.
 *
 * The kernel (M − 1)/(C(M,s)·s·(M − s)) weighs the smallest and the largest coalitions most, so sizes are enumerated
 * from both ends while they fit, and what is left is sampled by its weight, every coalition with its complement
 * (Covert & Lee 2021, §4.2). No share is set to zero to make the result look simple.
 */
import { InputError } from "../errors.ts";
import { type Attributions, type Game, valuesOf } from "./coalitions.ts";
import { type Matrix, solve } from "./least-squares.ts";
import { Seeded } from "./seeded.ts";

export interface KernelShapOptions {
  seed: number;
  /** Coalitions to evaluate, at most; default 2M + 2048 */
  samples?: number;
}

interface Weighted {
  coalition: boolean[];
  weight: number;
  /** Of those that were drawn: which draw it belongs to, with its complement; undefined where all of a size are there */
  draw?: number;
}

/** @throws InputError when there are too few samples to tell the players apart */
export async function kernelShap(game: Game, { seed, samples }: KernelShapOptions): Promise<Attributions> {
  const players = game.players.length;
  const budget = samples ?? 2 * players + 2048;
  const [base, score] = (await valuesOf(game, [game.players.map(() => false), game.players.map(() => true)])) as [
    number,
    number,
  ];
  const delta = score - base;
  if (players === 1) return { base, score, values: [delta], errors: [0], evaluated: 2 };
  const chosen = chooseCoalitions(players, budget, new Seeded(seed));
  const values = await evaluate(game, chosen);

  const gram: Matrix = Array.from({ length: players }, () => Array(players).fill(0));
  const right = Array<number>(players).fill(0);
  chosen.forEach(({ coalition, weight }, k) => {
    for (let i = 0; i < players; i++) {
      if (!coalition[i]) continue;
      right[i]! += weight * (values[k]! - base);
      for (let j = 0; j < players; j++) if (coalition[j]) gram[i]![j]! += weight;
    }
  });
  const identity = gram.map((row, i) => row.map((_, j) => (i === j ? 1 : 0)));
  const inverse = solve(gram, identity);
  if (!inverse)
    throw new InputError("samples", `of ${budget} do not tell ${players} features apart`, "Use more of them.");
  const times = (matrix: Matrix, vector: readonly number[]) =>
    matrix.map((row) => row.reduce((sum, x, j) => sum + x * vector[j]!, 0));
  const free = times(inverse, right);
  const ones = inverse.map((row) => row.reduce((a, b) => a + b, 0));
  const total = (vector: readonly number[]) => vector.reduce((a, b) => a + b, 0);
  const excess = (total(free) - delta) / total(ones);
  const shares = free.map((value, i) => value - excess * ones[i]!);
  const errors = standardErrors(chosen, values, base, shares, (vector) => {
    const image = times(inverse, vector);
    const off = total(image) / total(ones);
    return image.map((value, i) => value - off * ones[i]!);
  });
  return { base, score, values: shares, errors, evaluated: chosen.length + 2 };
}

/** A coalition that was drawn twice is scored once. */
async function evaluate(game: Game, chosen: readonly Weighted[]): Promise<number[]> {
  const places = new Map<string, number>();
  const distinct: boolean[][] = [];
  const place = chosen.map(({ coalition }) => {
    const key = coalition.map(Number).join("");
    if (!places.has(key)) places.set(key, distinct.push(coalition) - 1);
    return places.get(key)!;
  });
  const values = await valuesOf(game, distinct);
  return place.map((p) => values[p]!);
}

function chooseCoalitions(players: number, budget: number, random: Seeded): Weighted[] {
  const chosen: Weighted[] = [];
  const half = Math.floor(players / 2);
  // Weight of sizes s and M − s together, up to a factor.
  const massOf = (s: number) => ((players - 1) / (s * (players - s))) * (2 * s === players ? 1 : 2);
  let left = 0;
  for (let s = 1; s <= half; s++) left += massOf(s);
  let size = 1;
  for (; size <= half; size++) {
    const count = binomial(players, size) * (2 * size === players ? 1 : 2);
    if (chosen.length + count > budget) break;
    const weight = massOf(size) / count;
    for (const coalition of subsets(players, size)) {
      chosen.push({ coalition, weight });
      if (2 * size !== players) chosen.push({ coalition: coalition.map((inside) => !inside), weight });
    }
    left -= massOf(size);
  }
  if (size > half) return chosen;
  const draws = Math.floor((budget - chosen.length) / 2);
  const weight = left / (2 * draws);
  for (let draw = 0; draw < draws; draw++) {
    let s = size;
    for (let mass = random.uniform() * left; s < half && mass >= massOf(s); s++) mass -= massOf(s);
    const coalition = Array<boolean>(players).fill(false);
    for (const player of random.permutation(players).slice(0, s)) coalition[player] = true;
    chosen.push({ coalition, weight, draw }, { coalition: coalition.map((inside) => !inside), weight, draw });
  }
  return chosen;
}

/**
 * Of the sampled part, by the delta method: the fit moves by P·Σ w·z·r, r the residuals, P the constrained inverse; the
 * draws are independent, a draw and its complement together.
 */
function standardErrors(
  chosen: readonly Weighted[],
  values: readonly number[],
  base: number,
  shares: readonly number[],
  project: (vector: number[]) => number[],
): number[] {
  const pulls = new Map<number, number[]>();
  chosen.forEach(({ coalition, weight, draw }, k) => {
    if (draw === undefined) return;
    const fitted = shares.reduce((sum, share, i) => sum + (coalition[i] ? share : 0), base);
    const pull = pulls.get(draw) ?? shares.map(() => 0);
    coalition.forEach((inside, i) => {
      if (inside) pull[i]! += weight * (values[k]! - fitted);
    });
    pulls.set(draw, pull);
  });
  const draws = [...pulls.values()].map(project);
  if (draws.length < 2) return shares.map(() => 0);
  return shares.map((_, i) => {
    const mean = draws.reduce((sum, d) => sum + d[i]!, 0) / draws.length;
    const squares = draws.reduce((sum, d) => sum + (d[i]! - mean) ** 2, 0);
    return Math.sqrt((squares * draws.length) / (draws.length - 1));
  });
}

function binomial(n: number, k: number): number {
  let value = 1;
  for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i;
  return Math.round(value);
}

function* subsets(count: number, size: number, from = 0): Generator<boolean[]> {
  if (size === 0) {
    yield Array(count).fill(false);
    return;
  }
  for (let first = from; first <= count - size; first++) {
    for (const rest of subsets(count, size - 1, first + 1)) {
      rest[first] = true;
      yield rest;
    }
  }
}
