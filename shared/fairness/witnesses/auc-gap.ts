/**
 * AUC gap: g = AUC(a) − AUC(b), in the Mann-Whitney form P(z⁺ > z⁻). Counting pairs has no slope, so the variation is
 * that of E[Φ((z⁺ − z⁻)/h)]: a positive row gains the density of its side's negatives at its score, smoothed by a normal
 * of deviation h and divided by the positives; a negative row loses the density of the positives, divided by the
 * negatives.
 */
import { binWidth } from "../histogram.ts";
import { centres, type Penalty, perRow, type Side, spread, sumOf, type Table } from "../witness.ts";

/** h, in logits: a bin's width, the least that leaves no hole between the bins' centres. */
export const bandwidth = binWidth;

/** Ties within a bin count half; null when a label has no rows. */
function aucOf([negatives, positives]: Table): number | null {
  let [below, wins] = [0, 0];
  positives.forEach((count, bin) => {
    wins += count * (below + negatives[bin]! / 2);
    below += negatives[bin]!;
  });
  const pairs = sumOf(positives) * below;
  return pairs > 0 ? wins / pairs : null;
}

/** Mean over `counts` of the smoothing kernel at each bin's centre [bins], per logit */
function densityOf(counts: Float64Array): Float64Array {
  const rows = sumOf(counts);
  return centres.map((z) =>
    rows > 0
      ? counts.reduce((sum, count, bin) => sum + count * spread.density((z - centres[bin]!) / bandwidth), 0) /
        (rows * bandwidth)
      : 0,
  );
}

function slopesOf(side: Side, sign: 1 | -1): Table {
  const [negatives, positives] = side.counts.map(densityOf) as unknown as Table;
  return [
    positives.map((density) => -sign * density * perRow(side, [0])),
    negatives.map((density) => sign * density * perRow(side, [1])),
  ];
}

export const aucGap: Penalty = {
  parts: [
    {
      name: "",
      gap({ a, b }) {
        const [aucA, aucB] = [aucOf(a.counts), aucOf(b.counts)];
        return aucA === null || aucB === null ? null : aucA - aucB;
      },
      slopes: ({ a, b }) => ({ a: slopesOf(a, 1), b: slopesOf(b, -1) }),
    },
  ],
};
