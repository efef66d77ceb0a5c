/** Equalized odds (Hardt, Price & Srebro 2016, §2.1): positives are selected equally often, and negatives too. */
import type { Penalty } from "../witness.ts";
import { selectionParity } from "./selection.ts";

export const equalizedOdds: Penalty = {
  parts: [selectionParity("false positive rate", [0]), selectionParity("true positive rate", [1])],
};
