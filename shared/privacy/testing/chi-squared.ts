/** Pearson's χ² test of counts against expected counts, for tests of samplers and masks. */

import { logGamma } from "../audit/binomial.ts";

/** @returns the chance of a fit at least this bad if the expectation is right; expected counts should be 5 or more */
export function chiSquaredP(counts: readonly number[], expected: readonly number[]): number {
  const statistic = counts.reduce((sum, count, i) => sum + (count - expected[i]!) ** 2 / expected[i]!, 0);
  return upperGamma((counts.length - 1) / 2, statistic / 2);
}

/** p of «these words are uniform on [0, 2^bits)», by their top 8 and by their low 8 bits; the smaller of the two. */
export function uniformP(words: ArrayLike<number>, bits: number): number {
  const width = Math.min(8, bits);
  const buckets = 2 ** width;
  const [top, low] = [new Array<number>(buckets).fill(0), new Array<number>(buckets).fill(0)];
  for (let i = 0; i < words.length; i++) {
    top[Math.floor(words[i]! / 2 ** (bits - width))]!++;
    low[words[i]! % buckets]!++;
  }
  const expected = new Array<number>(buckets).fill(words.length / buckets);
  return Math.min(chiSquaredP(top, expected), chiSquaredP(low, expected));
}

/** Q(a, x): regularised upper incomplete gamma, by series below the mean and continued fraction above (DLMF 8.11.4, 8.9.2). */
function upperGamma(a: number, x: number): number {
  if (x <= 0) return 1;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; term > 1e-16 * sum; n++) {
      term *= x / (a + n);
      sum += term;
    }
    return 1 - scale * sum;
  }
  let fraction = 0;
  for (let n = 2000; n >= 1; n--) fraction = (n * (a - n)) / (x + 2 * n + 1 - a + fraction);
  return scale / (x + 1 - a + fraction);
}
