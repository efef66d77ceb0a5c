/**
 * Unfairness between persons rather than groups: inequality of the benefit b = ŷ − y + 1 (2 undeserved gain, 1 justice,
 * 0 undeserved loss), after Speicher et al. 2018, §3, and AIF360.
 */

const benefits = (yTrue: readonly number[], yPred: readonly number[]) => yTrue.map((y, i) => yPred[i]! - y + 1);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;

/** mean((b/μ)^α − 1) / (α(α − 1)) for α other than 0 and 1; null when nobody has any benefit. */
export function generalizedEntropyIndex(yTrue: readonly number[], yPred: readonly number[], alpha = 2): number | null {
  const b = benefits(yTrue, yPred);
  const average = mean(b);
  return average > 0 ? mean(b.map((x) => (x / average) ** alpha - 1)) / (alpha * (alpha - 1)) : null;
}

/** The same with α → 1: mean((b/μ)·ln(b/μ)), 0·ln 0 = 0. */
export function theilIndex(yTrue: readonly number[], yPred: readonly number[]): number | null {
  const b = benefits(yTrue, yPred);
  const average = mean(b);
  return average > 0 ? mean(b.map((x) => (x > 0 ? (x / average) * Math.log(x / average) : 0))) : null;
}

export interface IndividualMetrics {
  /** α = 2 */
  generalizedEntropyIndex: number | null;
  theilIndex: number | null;
  /** √(2·the index of α = 2) */
  coefficientOfVariation: number | null;
}

/** @param yPred decisions */
export function individualMetrics(yTrue: readonly number[], yPred: readonly number[]): IndividualMetrics {
  const index = generalizedEntropyIndex(yTrue, yPred);
  return {
    generalizedEntropyIndex: index,
    theilIndex: theilIndex(yTrue, yPred),
    coefficientOfVariation: index === null ? null : Math.sqrt(2 * index),
  };
}
