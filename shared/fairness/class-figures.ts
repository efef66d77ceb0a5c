/**
 * Figures of a model of several classes from counts that may be noisy: named and defined as in scikit-learn's
 * classification_report, with 0 where nothing is divided by nothing.
 */
export interface ClassFigures {
  accuracy: number;
  /** Mean of the classes' F1 */
  macroF1: number;
  /** Mean of the classes' F1, each weighing as many as it has rows */
  weightedF1: number;
  byClass: { name: string; precision: number; recall: number; f1: number; support: number }[];
}

const share = (part: number, whole: number): number => (whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0);

/** @param table [classes, 3]: rows of the class, rows taken for it, right ones; noise below 0 is cut off */
export function classFigures(names: readonly string[], table: ArrayLike<number>): ClassFigures {
  const at = (index: number, part: number) => Math.max(0, table[index * 3 + part]!);
  const byClass = names.map((name, i) => {
    const [support, predicted, right] = [at(i, 0), at(i, 1), at(i, 2)];
    const [precision, recall] = [share(right, predicted), share(right, support)];
    return { name, precision, recall, f1: share(2 * precision * recall, precision + recall), support };
  });
  const rows = byClass.reduce((sum, { support }) => sum + support, 0);
  const right = names.reduce((sum, _, i) => sum + at(i, 2), 0);
  return {
    accuracy: share(right, rows),
    macroF1: byClass.reduce((sum, { f1 }) => sum + f1, 0) / names.length,
    weightedF1: share(
      byClass.reduce((sum, { f1, support }) => sum + f1 * support, 0),
      rows,
    ),
    byClass,
  };
}

/** The number of the largest of each row's logits [rows, classes]. */
export function likeliest(logits: ArrayLike<number>, classes: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: logits.length / classes }, (_, row) => {
    let best = 0;
    for (let k = 1; k < classes; k++) if (logits[row * classes + k]! > logits[row * classes + best]!) best = k;
    return best;
  });
}
