/**
 * Log-ratio: g = E[ln σ(z) | a, y = 1] − E[ln σ(z) | b, y = 1], slope 1 − σ(z). As a loss by itself it has no lower
 * bound, and minimising it makes a gap where there was none; held to 0 by a signed pair of multipliers it is a gap like
 * any other, of positives' log scores.
 */
import { centres, differenceOfMeans, type Penalty, sigmoid } from "../witness.ts";

const logScores = centres.map((z) => -Math.log1p(Math.exp(-z)));
const slopes = centres.map((z) => sigmoid(-z));

export const logRatio: Penalty = {
  parts: [
    differenceOfMeans(
      "",
      [1],
      () => logScores,
      () => slopes,
    ),
  ],
};
