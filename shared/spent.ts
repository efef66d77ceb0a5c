/** What charges amount to, as both ends state it. */
import { minimumCohort } from "./cohort.ts";
import { chargeOf, type Plan, planOf, trustingCoordinator } from "./plan.ts";
import { account, admit, type Charge } from "./privacy/balance.ts";
import type { PrivacyStatement } from "./run-record.ts";
import type { Task } from "./task.ts";

export function spentOn(task: Task, charges: readonly Charge[], plan?: Plan): PrivacyStatement {
  const { delta, unit, banded } = task.privacy;
  const trusting = banded && trustingCoordinator(task, plan ?? planOf(task), charges);
  return { delta, unit, relation: "add-remove", ...account(charges, delta), ...(trusting && { trusting }) };
}

/** Whether none of a run's questions would fit the budget any more. @param charges of the task's whole family */
export function isSpent(course: { task: Task; taskHash: string; plan: Plan }, charges: readonly Charge[]): boolean {
  const { task, plan } = course;
  const kinds = (Object.keys(plan.rounds) as (keyof Plan["rounds"])[]).filter((kind) => plan.rounds[kind] > 0);
  const at = { round: 0, attempt: 1, cohort: minimumCohort(task) };
  return kinds.every((question) => !admit(charges, chargeOf(course, question, at), task.privacy).admitted);
}
