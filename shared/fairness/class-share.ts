/**
 * How large a share of the texts, or rows, a model takes for one class, run after run: whether bad news, or complaints,
 * become more. Each run's `evaluate` tells it with noise; a rise is told from noise by the cumulative sums of monitor.ts.
 */
import { noiseOf, planOf, roundPlan } from "../plan.ts";
import type { RoundRecord } from "../run-record.ts";
import { classesOf, type Task } from "../task.ts";
import { type Drift, type SignedGap, stepDrift } from "./monitor.ts";

/**
 * Share of held-back rows that are taken for a class, with the standard deviation of sampling and noise:
 * s = f/n, var s ≈ (s(1 − s)n + ν²(1 + K·s²))/n² with ν the noise on a count and n the sum of K of them.
 * @returns undefined where nothing was evaluated, or noise leaves nothing to say
 */
export function classShare(task: Task, records: readonly RoundRecord[], name: string): SignedGap | undefined {
  const record = records.find(({ question, state }) => question === "evaluate" && state === "finished");
  const byClass = record?.classes?.byClass;
  const found = byClass?.find((own) => own.name === name)?.found;
  if (record === undefined || byClass === undefined || found === undefined) return undefined;
  const plan = roundPlan(task, planOf(task), "evaluate", record.cohort);
  const noise = noiseOf(plan, record.survivors, "classes");
  const rows = byClass.reduce((sum, { support }) => sum + support, 0);
  if (rows <= 5 * noise * Math.sqrt(byClass.length)) return undefined;
  const value = Math.min(1, found / rows);
  const variance = value * (1 - value) * rows + noise ** 2 * (1 + byClass.length * value ** 2);
  return { value, deviation: Math.sqrt(variance) / rows };
}

export interface ShareOverRuns {
  /** In the order of the runs that tell it */
  shares: ({ run: string } & SignedGap)[];
  /** Whether the share has risen above the first run's by more than the tolerance, surely enough */
  alarm: boolean;
}

/**
 * @param runs of one task, the oldest first, which is what the others are held against
 * @param tolerance a rise that does not matter; two of the first run's own deviations are added to it
 */
export function shareOverRuns(
  runs: readonly { run: string; task: Task; rounds: readonly RoundRecord[] }[],
  name: string,
  tolerance: number,
): ShareOverRuns {
  const shares = runs.flatMap(({ run, task, rounds }) => {
    const share = classesOf(task)?.includes(name) ? classShare(task, rounds, name) : undefined;
    return share ? [{ run, ...share }] : [];
  });
  const [first, ...later] = shares;
  let drift: Drift | undefined;
  let alarm = false;
  for (const { value, deviation } of later) {
    const rise = { [name]: { value: value - first!.value, deviation } };
    drift = stepDrift(drift, rise, tolerance + 2 * first!.deviation);
    const { above, below } = drift.sums[name]!;
    alarm = drift.alarms.length > 0 && above > below;
  }
  return { shares, alarm };
}
