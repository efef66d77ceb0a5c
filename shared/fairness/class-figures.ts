/**
 * Figures of a model of several classes, from counts that may be noisy: named and defined as in scikit-learn's
 * classification_report, with 0 where nothing is divided by nothing.
 */
export interface Scores {
  precision: number;
  recall: number;
  f1: number;
  /** Those there are */
  support: number;
}

export interface ScoreReport {
  byClass: ({ name: string } & Scores)[];
  /** Of all counts together; where each row has one class and is taken for one, all three are the accuracy */
  micro: Scores;
  /** Mean of the classes */
  macro: Scores;
  /** Mean of the classes, each weighing as much as its support */
  weighted: Scores;
}

/** What goes on record of a sum. */
export interface ClassFigures {
  /** Share of rows that are taken for what they are, of tagged texts with every word */
  accuracy: number;
  microF1: number;
  macroF1: number;
  weightedF1: number;
  /** With how many are taken for each, from which a share's rise is told (class-share.ts) */
  byClass: (ScoreReport["byClass"][number] & { found: number })[];
}

/** Of each class: its rows, rows that are taken for it, and those of them that are right. */
export const classCounts = 3;

/** Whole counts of rows by what they are and what they are taken for, [classes, 3]. */
export function classTable(classes: number, labels: ArrayLike<number>, predicted: ArrayLike<number>): Uint32Array {
  const table = new Uint32Array(classes * classCounts);
  for (let row = 0; row < labels.length; row++) {
    table[labels[row]! * classCounts]!++;
    table[predicted[row]! * classCounts + 1]!++;
    if (labels[row] === predicted[row]) table[labels[row]! * classCounts + 2]!++;
  }
  return table;
}

/** @param table [names, 3]: those there are, those found, those of them that are right */
export function reportOf(names: readonly string[], table: ArrayLike<number>): ScoreReport {
  const byClass = names.map((name, i) => ({ name, ...scoresOf(table[i * 3]!, table[i * 3 + 1]!, table[i * 3 + 2]!) }));
  const sum = (part: number) => names.reduce((total, _, i) => total + table[i * 3 + part]!, 0);
  const support = sum(0);
  const mean = (weightOf: (scores: Scores) => number): Scores => {
    const total = byClass.reduce((all, scores) => all + weightOf(scores), 0);
    const of = (key: keyof Scores) =>
      share(
        byClass.reduce((all, scores) => all + weightOf(scores) * scores[key], 0),
        total,
      );
    return { precision: of("precision"), recall: of("recall"), f1: of("f1"), support };
  };
  return {
    byClass,
    micro: scoresOf(support, sum(1), sum(2)),
    macro: mean(() => 1),
    weighted: mean((scores) => scores.support),
  };
}

const share = (part: number, whole: number): number => (whole > 0 ? part / whole : 0);

function scoresOf(support: number, found: number, right: number): Scores {
  const [precision, recall] = [share(right, found), share(right, support)];
  return { precision, recall, f1: share(2 * precision * recall, precision + recall), support };
}

/**
 * Of noisy counts: none is below 0, and no more are right than there are, or were found.
 * @param rows those taken for what they are not, and those that are; of classes they follow from the table
 */
export function classFigures(
  names: readonly string[],
  table: ArrayLike<number>,
  rows?: readonly [number, number],
): ClassFigures {
  const counts = Array.from(table, (count) => Math.max(0, count));
  for (let i = 0; i < counts.length; i += 3) counts[i + 2] = Math.min(counts[i]!, counts[i + 1]!, counts[i + 2]!);
  const { byClass, micro, macro, weighted } = reportOf(names, counts);
  const told = byClass.map((own, i) => ({ ...own, found: counts[i * 3 + 1]! }));
  const accuracy = rows ? shareRight(...rows) : micro.recall;
  return { accuracy, microF1: micro.f1, macroF1: macro.f1, weightedF1: weighted.f1, byClass: told };
}

/** Of counts that may be noisy, within what a share can be. */
export const shareRight = (wrong: number, right: number): number =>
  Math.min(1, Math.max(0, share(right, wrong + right)));

/** The number of the largest of each row's logits [rows, classes]. */
export function likeliest(logits: ArrayLike<number>, classes: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: logits.length / classes }, (_, row) => {
    let best = 0;
    for (let k = 1; k < classes; k++) if (logits[row * classes + k]! > logits[row * classes + best]!) best = k;
    return best;
  });
}
