/** Who holds which rows: the ways a table is shared out among simulated participants. */
import { InputError } from "../../shared/errors.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { fraction } from "./draw.ts";

/** Of each record, what its participant is called. */
export type Split = (records: readonly Record<string, string>[], random: RandomSource) => string[];

/** Everyone holds rows of one group only: `count` participants, or as many as hold `rows` each. */
export const oneGroupEach =
  (column: string, { count, rows }: { count?: number; rows?: number }) =>
  (records: readonly Record<string, string>[], random: RandomSource): string[] => {
    const order = records.map((_, i) => i);
    for (let i = order.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    const sizes = new Map<string, number>();
    for (const record of records) sizes.set(record[column]!, (sizes.get(record[column]!) ?? 0) + 1);
    const seen = new Map<string, number>();
    const parts = new Array<string>(records.length);
    for (const i of order) {
      const group = records[i]![column]!;
      const place = seen.get(group) ?? 0;
      seen.set(group, place + 1);
      const own = rows ? Math.floor(place / rows) : place % Math.round((count! * sizes.get(group)!) / records.length);
      parts[i] = `${group} ${own}`;
    }
    return parts;
  };
export const dealt =
  (count: number) =>
  (records: readonly unknown[]): string[] =>
    records.map((_, i) => `${i % count}`);
export const byColumn =
  (column: string) =>
  (records: readonly Record<string, string>[]): string[] =>
    records.map((record) => record[column]!);

/**
 * Each value of a column is shared out in proportions of its own, drawn from a symmetric Dirichlet distribution: the
 * smaller alpha, the fewer participants hold most of a value (Hsu, Qi & Brown 2019, §3).
 */
export const dirichlet =
  (column: string, count: number, alpha: number): Split =>
  (records, random) => {
    const shares = new Map<string, number[]>();
    return records.map((record) => {
      const value = record[column];
      if (value === undefined) throw new InputError("split.column", `«${column}» is not in the data`, "Name a column.");
      let cumulative = shares.get(value);
      if (!cumulative) {
        cumulative = proportions(count, alpha, random);
        shares.set(value, cumulative);
      }
      const at = fraction(random);
      return `${Math.max(
        0,
        cumulative.findIndex((x) => at < x),
      )}`;
    });
  };

/** Running sums of a draw from the Dirichlet distribution, the last one 1. */
function proportions(count: number, alpha: number, random: RandomSource): number[] {
  const draws = Array.from({ length: count }, () => gamma(alpha, random));
  const total = draws.reduce((a, b) => a + b, 0);
  let sum = 0;
  return draws.map((x, i) => {
    sum += x / total;
    return i === count - 1 ? 1 : sum;
  });
}

/** Marsaglia & Tsang 2000, §3 (for shapes below 1, §8), of scale 1. */
function gamma(shape: number, random: RandomSource): number {
  if (shape < 1) return gamma(shape + 1, random) * fraction(random) ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const x = Math.sqrt(-2 * Math.log(fraction(random))) * Math.cos(2 * Math.PI * fraction(random));
    const v = (1 + x / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(fraction(random)) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
