/** What the charges of a run amount to, as both ends state it. */
import { type Plan, planOf, trustingCoordinator } from "./plan.ts";
import { account, type Charge } from "./privacy/balance.ts";
import type { PrivacyStatement } from "./run-record.ts";
import type { Task } from "./task.ts";

export function spentOn(task: Task, charges: readonly Charge[], plan?: Plan): PrivacyStatement {
  const { delta, unit, banded } = task.privacy;
  const trusting = banded && trustingCoordinator(task, plan ?? planOf(task), charges);
  return { delta, unit, relation: "add-remove", ...account(charges, delta), ...(trusting && { trusting }) };
}
