/**
 * Watches gaps from round to round for a drift that single rounds are too noisy to show: a pair of cumulative sums for
 * each group's gap to all the others (CUSUM, Page 1954), of how far it lies outside ±τ in its own standard deviations.
 *
 *   S⁺ ← max(0, S⁺ + (g − τ)/sd − k)    S⁻ ← max(0, S⁻ + (−g − τ)/sd − k)    alarm while S > h
 *
 * The gaps are signed and each round's own: a noisy |g| has a mean above 0, and a running mean repeats its errors.
 */
import { type GroupCounts, groupFigures } from "./group-figures.ts";
import { differenceFigure } from "./intervals.ts";

/** k, in standard deviations: half of the smallest shift that matters (Montgomery 2013, §9.1.3) */
const slack = 0.5;
/** h: with a gap that stays at τ one pair raises a false alarm once in about 1,300 rounds; within τ more seldom. */
const limit = 6;

export interface Drift {
  /** By group: sums of the gap above τ and below −τ */
  sums: Record<string, { above: number; below: number }>;
  /** Groups whose gap has drifted */
  alarms: string[];
}

export interface SignedGap {
  value: number;
  deviation: number;
}

/** Each group's selection rate less that of all others together; left out where there are too few rows to say. */
export function signedGaps(groups: Record<string, GroupCounts>, t: number): Record<string, SignedGap> {
  const names = Object.keys(groups);
  return Object.fromEntries(
    names.flatMap((name) => {
      const own = groupFigures(groups[name]!, t).selectionRate;
      const others = names.filter((other) => other !== name).map((other) => groups[other]!);
      const rest = others.length > 0 ? groupFigures(together(others), t).selectionRate : null;
      if (own === null || rest === null) return [];
      const gap = differenceFigure(own, rest);
      const [low, high] = gap.interval(1);
      return [[name, { value: gap.value, deviation: (high - low) / 2 }]];
    }),
  );
}

function together(groups: readonly GroupCounts[]): GroupCounts {
  const byLabel = (label: 0 | 1) =>
    groups
      .map((g) => g.counts[label])
      .reduce(
        (sum, counts) => sum.map((x, bin) => x + counts[bin]!),
        new Float64Array(groups[0]!.counts[label].length),
      );
  return { counts: [byLabel(0), byLabel(1)], noise: groups.reduce((sum, g) => sum + g.noise, 0) };
}

export function stepDrift(before: Drift | undefined, gaps: Record<string, SignedGap>, tolerance: number): Drift {
  const sums: Drift["sums"] = { ...before?.sums };
  for (const [group, { value, deviation }] of Object.entries(gaps)) {
    if (!(deviation > 0)) continue;
    const { above, below } = sums[group] ?? { above: 0, below: 0 };
    const step = (sum: number, outside: number) => Math.max(0, sum + outside / deviation - slack);
    sums[group] = { above: step(above, value - tolerance), below: step(below, -value - tolerance) };
  }
  const alarms = Object.entries(sums).filter(([, { above, below }]) => Math.max(above, below) > limit);
  return { sums, alarms: alarms.map(([group]) => group) };
}
