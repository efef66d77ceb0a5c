/**
 * Whether a run kept what its task promised: each question's noise, the budget, the smallest cohort. All of it follows
 * from the task in the run's own entry, so the ledger's ε is not believed but computed again.
 */
import { guaranteedCohort, minimumCohort } from "../cohort.ts";
import { type Plan, planOf, trustingCoordinator } from "../plan.ts";
import { account, type Charge, worst } from "../privacy/balance.ts";
import { portionOf } from "../questions/question.ts";
import type { Task } from "../task.ts";
import { asTask } from "../task-rules.ts";
import type { LedgerEntry } from "./entries.ts";

/** Logarithms may differ in the last place between engines; no promise is broken by that. */
const sameNumber = (a: number, b: number) => Math.abs(a - b) <= 1e-9 * Math.abs(b);

/** @param entries whose order keeps the rules of history.ts @returns every promise that was broken, naming the entry */
export function checkPromises(entries: readonly LedgerEntry[]): string[] {
  const problems: string[] = [];
  const runs = new Map<string, { task: Task; taskHash: string; plan: Plan; charges: Charge[] }>();
  for (const [index, entry] of entries.entries()) {
    const wrong = (what: string) => problems.push(`entry ${index} (${entry.kind}): ${what}`);
    if (entry.kind === "run") {
      try {
        const task = asTask(entry.task);
        runs.set(entry.run, { task, taskHash: entry.taskHash, plan: planOf(task), charges: [] });
      } catch (error) {
        wrong(`its promises cannot be read: ${(error as Error).message}`);
      }
      continue;
    }
    const run = runs.get(entry.run);
    if (!run) continue;
    const { task, plan, charges } = run;
    if (entry.kind === "charge") {
      const { round, attempt, question, portion, noiseMultiplier, sampleRate, honest, privacy } = entry;
      if (!sameNumber(noiseMultiplier, plan.noiseMultiplier[question]) || sampleRate !== plan.sampleRate[question])
        wrong("it is not the noise that follows from the task");
      if (portion !== portionOf(question, task.privacy.unit)) wrong("the question reads another portion of the data");
      charges.push({
        taskHash: run.taskHash,
        round,
        attempt,
        question,
        portion,
        event: { noiseMultiplier, sampleRate },
        honest,
      });
      const { delta, unit, epsilon } = task.privacy;
      if (privacy.delta !== delta || privacy.unit !== unit) wrong("its δ or its unit is not the task's");
      const spent = worst(charges, delta);
      if (!sameNumber(privacy.epsilon, spent)) wrong(`it states ε ${privacy.epsilon}; the charges amount to ${spent}`);
      const alone = account(charges, delta).alone.epsilon;
      if (privacy.alone !== undefined && !sameNumber(privacy.alone.epsilon, alone))
        wrong(`it states ε ${privacy.alone.epsilon} if all but one collude; the charges amount to ${alone}`);
      const trusting = trustingCoordinator(task, plan, charges)?.epsilon;
      if (!sameNumber(privacy.trusting?.epsilon ?? 0, trusting ?? 0))
        wrong(
          `it states ε ${privacy.trusting?.epsilon} for who trusts the coordinator; the charges amount to ${trusting}`,
        );
      if (spent > epsilon * (1 + 1e-9)) wrong(`ε ${spent} is more than the ${epsilon} that was promised`);
    } else if (entry.kind === "round") {
      const { cohort, survivors } = entry.record;
      const sharers = Math.max(minimumCohort(task), guaranteedCohort(task, cohort).survivors);
      if (cohort < minimumCohort(task) || survivors > cohort || survivors < guaranteedCohort(task, sharers).survivors)
        wrong(`a sum of ${survivors} among ${cohort} is not what the task allows`);
    }
  }
  return problems;
}
