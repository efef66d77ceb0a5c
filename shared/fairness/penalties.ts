/** The penalties a task can name. To add one: its file in witnesses/, its name in task.ts, its line here. */
import type { PenaltyName } from "../task.ts";
import type { Penalty } from "./witness.ts";
import { aucGap } from "./witnesses/auc-gap.ts";
import { calibration } from "./witnesses/calibration.ts";
import { demographicParity } from "./witnesses/demographic-parity.ts";
import { equalOpportunity } from "./witnesses/equal-opportunity.ts";
import { equalizedOdds } from "./witnesses/equalized-odds.ts";
import { logRatio } from "./witnesses/log-ratio.ts";
import { meanScoreParity } from "./witnesses/mean-score-parity.ts";
import { mmd } from "./witnesses/mmd.ts";
import { wasserstein } from "./witnesses/wasserstein.ts";

export const penalties: Record<Exclude<PenaltyName, "none">, Penalty> = {
  "demographic-parity": demographicParity,
  "mean-score-parity": meanScoreParity,
  "equal-opportunity": equalOpportunity,
  "equalized-odds": equalizedOdds,
  "log-ratio": logRatio,
  "auc-gap": aucGap,
  mmd,
  wasserstein,
  calibration,
};
