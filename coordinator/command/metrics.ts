/** Accuracy and fairness of predictions that stand in a CSV file; the figures are those of shared/fairness/metrics.ts. */
import { InputError } from "../../shared/errors.ts";
import { type IndividualMetrics, individualMetrics } from "../../shared/fairness/individual-metrics.ts";
import { type FairnessMetrics, fairnessMetrics } from "../../shared/fairness/metrics.ts";
import { intersections, type Predictions, rowsOf } from "../../shared/fairness/predictions.ts";
import { type SignedMetrics, signedMetrics } from "../../shared/fairness/signed-metrics.ts";
import { type Cell, numbers, readTable } from "./csv-table.ts";

export interface MetricsOptions {
  /** Column of the true outcome */
  label: string;
  /** Column of the score: `score > threshold` is selected */
  score?: string | undefined;
  /** Column of the decision; it wins over the score */
  prediction?: string | undefined;
  /** Sensitive columns; several are crossed, as Fairlearn does */
  group?: readonly string[] | undefined;
  /** Column of row weights */
  weight?: string | undefined;
  /** Default ½ */
  threshold?: number | undefined;
  /** The group that AIF360's signed metrics compare the others with; several columns are written "a|b" */
  privileged?: string | undefined;
  /** Cell text of the favourable outcome in the label and the prediction; without it they hold 0 and 1 */
  favourable?: string | undefined;
}

export interface CsvMetrics extends FairnessMetrics {
  rows: number;
  /** With a privileged group: AIF360's metrics, everyone else minus it */
  signed?: SignedMetrics;
  /** AIF360's inequality of the benefit ŷ − y + 1 between rows; without weights, which it does not know */
  individual?: IndividualMetrics;
  /** With several sensitive columns: each on its own */
  byColumn?: Record<string, FairnessMetrics>;
}

/** @throws InputError that names the flag, the column and the row of the file (from 1, the header included) */
export function metricsOfCsv(text: string, options: MetricsOptions): CsvMetrics {
  const { label, score, prediction, group = [], weight, threshold, favourable, privileged } = options;
  if (score === undefined && prediction === undefined) {
    throw new InputError(
      "--score",
      "is missing and so is --prediction",
      "Name the column of the score or of the decision.",
    );
  }
  const table = readTable(text);
  const outcomes = outcomeReader(favourable);
  const sensitive = group.map((name) =>
    table.column("--group", name).map(({ value }) => (value === "" ? null : value)),
  );
  const yTrue = outcomes(table.column("--label", label), "--label", label);
  const predictions = {
    yTrue,
    ...(prediction !== undefined && {
      yPred: outcomes(table.column("--prediction", prediction), "--prediction", prediction),
    }),
    ...(score !== undefined && { score: numbers(table.column("--score", score), "--score", score) }),
    ...(weight !== undefined && { weights: numbers(table.column("--weight", weight), "--weight", weight, 0) }),
    ...(threshold !== undefined && { threshold }),
  };
  const metricsBy = (groups: (string | null)[]) => fairnessMetrics({ ...predictions, groups });
  const groups = group.length > 0 ? intersections(sensitive) : yTrue.map(() => null);
  if (privileged !== undefined && !groups.includes(privileged)) {
    const known = [...new Set(groups.filter((name) => name !== null))].sort().slice(0, 20).join(", ");
    throw new InputError(
      "--privileged",
      `«${privileged}» is no group of the file`,
      known === "" ? "Name the sensitive column with --group." : `Use one of ${known}.`,
    );
  }
  return {
    rows: yTrue.length,
    ...metricsBy(groups),
    ...(privileged !== undefined && { signed: signedMetrics({ ...predictions, groups }, privileged) }),
    ...(weight === undefined && { individual: individualMetrics(yTrue, decisionsOf({ ...predictions, groups })) }),
    ...(group.length > 1 && {
      byColumn: Object.fromEntries(group.map((name, i) => [name, metricsBy(sensitive[i]!)])),
    }),
  };
}

const decisionsOf = (predictions: Predictions) => rowsOf(predictions).map((row) => row.predicted);

/** Reads outcomes as 1 (favourable) and 0; label and prediction together may hold two texts, so that a typo is no outcome. */
function outcomeReader(favourable: string | undefined) {
  let other: string | undefined;
  return (cells: readonly Cell[], flag: string, name: string): number[] => {
    const where = (cell: Cell) => `column «${name}», row ${cell.row} holds «${cell.value}»`;
    if (favourable === undefined) {
      return cells.map((cell) => {
        const number = cell.value === "" ? Number.NaN : Number(cell.value);
        if (number === 0 || number === 1) return number;
        throw new InputError(flag, where(cell), "Use 0 and 1, or name the favourable outcome with --favourable.");
      });
    }
    const outcomes = cells.map((cell) => {
      if (cell.value === favourable.trim()) return 1;
      if (cell.value === "") throw new InputError(flag, where(cell), "Fill in the outcome, or leave the row out.");
      other ??= cell.value;
      if (cell.value === other) return 0;
      throw new InputError(flag, where(cell), `Use two outcomes only; so far they are «${favourable}» and «${other}».`);
    });
    if (flag === "--label" && !outcomes.includes(1)) {
      throw new InputError(
        "--favourable",
        `«${favourable}» is in no row of «${name}»`,
        `Use a value of that column, as «${other}».`,
      );
    }
    return outcomes;
  };
}
