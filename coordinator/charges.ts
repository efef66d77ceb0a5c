/** What a round charges those who answer it, and what the charges of a run amount to. */
import { guaranteedCohort } from "../shared/cohort.ts";
import { type Plan, planOf, trustingCoordinator } from "../shared/plan.ts";
import { account, type Charge } from "../shared/privacy/balance.ts";
import { portionOf, type Question } from "../shared/questions/question.ts";
import type { PrivacyStatement } from "../shared/run-record.ts";
import type { Task } from "../shared/task.ts";

/** @param at which attempt at which round of the run, and how many tabs it is asked of */
export const chargeOf = (
  { task, taskHash, plan }: { task: Task; taskHash: string; plan: Plan },
  question: Question["kind"],
  at: { round: number; attempt: number; cohort: number },
): Charge => ({
  taskHash,
  round: at.round,
  attempt: at.attempt,
  question,
  portion: portionOf(question, task.privacy.unit),
  event: { noiseMultiplier: plan.noiseMultiplier[question], sampleRate: plan.sampleRate[question] },
  honest: guaranteedCohort(task, at.cohort).honest,
});

/** What the charges of a run amount to, as a statement. */
export function spentOn(task: Task, charges: readonly Charge[], plan?: Plan): PrivacyStatement {
  const { delta, unit, banded } = task.privacy;
  const trusting = banded && trustingCoordinator(task, plan ?? planOf(task), charges);
  return { delta, unit, relation: "add-remove", ...account(charges, delta), ...(trusting && { trusting }) };
}
