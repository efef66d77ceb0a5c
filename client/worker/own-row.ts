/** Why the model decides as it does on one of the tab's own rows; loaded when somebody asks. */

import type { FeatureColumns } from "../../shared/data/features.ts";
import { InputError } from "../../shared/errors.ts";
import { readable } from "../../shared/explain/counterfactual.ts";
import { explain, takeColumns } from "../../shared/explain/explain.ts";
import { type ModelFile, openModel } from "../../shared/model-file.ts";
import type { OwnRow } from "./snapshot.ts";

/** @param row 1-based */
export async function explainOwnRow(file: ModelFile, rows: FeatureColumns, row: number): Promise<OwnRow> {
  const model = await openModel(file);
  const own = takeColumns(rows, [row - 1]);
  const told = await explain(model, own, { method: "kernel-shap", seed: row });
  const turned = await explain(model, own, { method: "counterfactual", seed: row });
  // Principal reasons compare with rows that just passed; where nobody does, there are none.
  const reasons = told.selected
    ? []
    : await explain(model, own, { method: "reasons", seed: row }).then(
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
    probability: 1 / (1 + Math.exp(-told.score)),
    attributions: told.attributions!,
    reasons,
    changes: turned.changes ?? null,
  };
}
