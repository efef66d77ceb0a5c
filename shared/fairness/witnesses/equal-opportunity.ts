/** Equal opportunity (Hardt, Price & Srebro 2016, §2.2): positives are selected equally often. */
import type { Penalty } from "../witness.ts";
import { selectionParity } from "./selection.ts";

export const equalOpportunity: Penalty = { parts: [selectionParity("", [1])] };
