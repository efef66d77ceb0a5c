/** Demographic parity at a threshold: rows are selected equally often, whatever their label. */
import type { Penalty } from "../witness.ts";
import { selectionParity } from "./selection.ts";

export const demographicParity: Penalty = { parts: [selectionParity("", [0, 1])] };
