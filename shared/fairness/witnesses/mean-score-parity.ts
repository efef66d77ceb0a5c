/**
 * Demographic parity of scores: g = E[σ(z) | a] − E[σ(z) | b], slope σ′(z). It needs no threshold, and pays for a small
 * gap of selections with ranking (see selection.ts).
 */
import { centres, differenceOfMeans, type Penalty, sigmoid, sigmoidSlopes } from "../witness.ts";

const scores = centres.map(sigmoid);

export const meanScoreParity: Penalty = {
  parts: [
    differenceOfMeans(
      "",
      [0, 1],
      () => scores,
      () => sigmoidSlopes,
    ),
  ],
};
