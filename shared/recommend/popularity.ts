/**
 * How often items are chosen, from the profile: every person counts 1/√n for each of their n choices, so that a person
 * moves the sum by a norm of 1 however much they chose.
 */

/** Steps of a unit of popularity: whole numbers are short on the wire. */
const steps = 100;

/** What tabs are told: log of the noisy counts, in steps. */
export const popularityOf = (counts: readonly number[]): number[] =>
  counts.map((count) => Math.round(steps * Math.log1p(Math.max(0, count))));

/** The model's input [items]: mean 0 and variance 1 over the catalogue; zeros where nothing is known. */
export function popularityInputs(popularity: readonly number[]): Float64Array {
  const mean = popularity.reduce((a, b) => a + b, 0) / popularity.length;
  const variance = popularity.reduce((sum, p) => sum + (p - mean) ** 2, 0) / popularity.length;
  return Float64Array.from(popularity, (p) => (variance > 0 ? (p - mean) / Math.sqrt(variance) : 0));
}
