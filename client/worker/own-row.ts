/** Why the model decides as it does on one of the tab's own rows; loaded when somebody asks. */

import type { FeatureColumns } from "../../shared/data/features.ts";
import { InputError } from "../../shared/errors.ts";
import type { Score } from "../../shared/explain/coalitions.ts";
import { readable } from "../../shared/explain/counterfactual.ts";
import { type ExplainMethod, explain, takeColumns } from "../../shared/explain/explain.ts";
import { type ModelFile, openModel } from "../../shared/model-file.ts";
import type { OwnRow } from "./snapshot.ts";

/** @param row 1-based @param scoreBy where rows are scored, for parameters as the file has them */
export async function explainOwnRow(
  file: ModelFile,
  rows: FeatureColumns,
  row: number,
  method: ExplainMethod,
  scoreBy: (parameters: Float32Array<ArrayBuffer>) => Score,
): Promise<OwnRow> {
  const model = await openModel(file);
  const own = takeColumns(rows, [row - 1]);
  const options = { seed: row, score: scoreBy(model.parameters) };
  const told = await explain(model, own, { ...options, method });
  const turned = await explain(model, own, { ...options, method: "counterfactual" });
  // Principal reasons compare with rows that just passed; where nobody does, there are none.
  const reasons = told.selected
    ? []
    : await explain(model, own, { ...options, method: "reasons" }).then(
        (found) => found.reasons ?? [],
        (error: unknown) => {
          if (error instanceof InputError) return [];
          throw error;
        },
      );
  return {
    row,
    cells: file.features.map((feature) => ({
      column: feature.name,
      value: readable(feature, (feature.kind === "numeric" ? own.numeric : own.categorical)[feature.name]![0]!),
    })),
    selected: told.selected,
    method,
    unit: told.unit,
    probability: told.unit === "probability" ? told.score : 1 / (1 + Math.exp(-told.score)),
    attributions: told.attributions!,
    reasons,
    changes: turned.changes ?? null,
  };
}
