/** What cells came to, and their curves over ε: a line a setting, means over seeds with their intervals. */
import { type Cell, type Grid, labelOf } from "./grid.ts";
import { type Spread, spreadOf } from "./spread.ts";

/** What a curve is read off; a cell's result has more. */
export interface CellFigures {
  accuracy: number;
  auc: number;
  /** Of the task's first attribute under `fairness`, at its threshold; null where there is none or it does not exist */
  demographicParityDifference: number | null;
  equalizedOddsDifference: number | null;
  worstGroupAccuracy: number | null;
  /** Accuracy on the way */
  path: { round: number; accuracy: number }[];
}

export interface Done {
  cell: Cell;
  result: CellFigures;
}

export const figures = [
  "accuracy",
  "auc",
  "demographicParityDifference",
  "equalizedOddsDifference",
  "worstGroupAccuracy",
] as const;
export type Figure = (typeof figures)[number];

/** Those that some cell has. */
export const figuresOf = (done: readonly Done[]): Figure[] =>
  figures.filter((figure) => done.some(({ result }) => result[figure] !== null));

export interface Curve {
  label: string;
  points: { epsilon: number | "inf"; spread: Spread }[];
}

/** A setting's curve over ε; an ε for which a seed has no figure is left out. */
export function curvesOf(grid: Grid, done: readonly Done[], figure: Figure): Curve[] {
  const byLabel = new Map<string, Map<number | "inf", (number | null)[]>>();
  for (const { cell, result } of done) {
    const label = labelOf(grid, cell, ["epsilon"]);
    const own = byLabel.get(label) ?? new Map<number | "inf", (number | null)[]>();
    byLabel.set(label, own);
    own.set(cell.epsilon, [...(own.get(cell.epsilon) ?? []), figureOf(result, figure)]);
  }
  return [...byLabel].map(([label, own]) => ({
    label,
    points: grid.epsilon.flatMap((epsilon) => {
      const values = own.get(epsilon) ?? [];
      const known = values.filter((x) => x !== null);
      return known.length > 0 && known.length === values.length ? [{ epsilon, spread: spreadOf(known) }] : [];
    }),
  }));
}

const figureOf = (result: CellFigures, figure: Figure): number | null => {
  const value = result[figure];
  return value === null || Number.isNaN(value) ? null : value;
};

/** Figures of which more budget should never cost any. */
const rising: readonly Figure[] = ["accuracy", "auc"];

/** Where a curve of accuracy or AUC falls from a smaller ε to a larger one by more than both their intervals allow. */
export function falls(
  grid: Grid,
  done: readonly Done[],
): { figure: Figure; label: string; from: number | "inf"; to: number | "inf" }[] {
  return rising.flatMap((figure) =>
    curvesOf(grid, done, figure).flatMap(({ label, points }) => {
      const sorted = [...points].sort((a, b) => sizeOf(a.epsilon) - sizeOf(b.epsilon));
      return sorted.flatMap((before, i) =>
        sorted
          .slice(i + 1)
          .filter(({ spread }) => spread.high < before.spread.low)
          .map(({ epsilon: to }) => ({ figure, label, from: before.epsilon, to })),
      );
    }),
  );
}

const sizeOf = (epsilon: number | "inf"): number => (epsilon === "inf" ? Number.POSITIVE_INFINITY : epsilon);
