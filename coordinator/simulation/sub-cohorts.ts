/**
 * A cohort in parts, each a secure sum of its own with the whole noise of its own: the server reads one sum a part and
 * takes, coordinate by coordinate, their median or the mean without the outermost (Yin et al. 2018, Definitions 1 and 2,
 * of parts where they have participants). Few attackers spoil few parts.
 *
 * What it costs: somebody is in one part only, so ε is the same; but g parts have g noises, √g times that of one sum, and
 * a median has up to √(π/2) times more. And it hides each among a g-th of the others.
 */
import type { Aggregation } from "../../shared/lab/axes.ts";
import type { Layout } from "../../shared/questions/layout.ts";

export const partsOf = (aggregation: Aggregation | undefined): number =>
  aggregation === undefined || aggregation.kind === "mean" ? 1 : aggregation.parts;

/** One sum out of the parts' sums, as large as all of them together. Counts are added up. */
export function combined(
  sums: readonly Float64Array[],
  layout: Layout,
  aggregation: Aggregation | undefined,
): Float64Array {
  const total = new Float64Array(layout.dimension);
  for (const { name, offset, length } of layout.segments) {
    for (let i = offset; i < offset + length; i++) {
      const values = sums.map((sum) => sum[i]!);
      total[i] =
        name === "histogram" || aggregation === undefined || aggregation.kind === "mean"
          ? values.reduce((a, b) => a + b, 0)
          : values.length * locationOf(values, aggregation);
    }
  }
  return total;
}

function locationOf(values: number[], aggregation: Exclude<Aggregation, { kind: "mean" }>): number {
  const sorted = values.sort((a, b) => a - b);
  // The median is the mean without all but the middle one or two.
  const cut = aggregation.kind === "median" ? Math.floor((sorted.length - 1) / 2) : aggregation.trim;
  const kept = sorted.slice(cut, sorted.length - cut);
  return kept.reduce((a, b) => a + b, 0) / kept.length;
}
