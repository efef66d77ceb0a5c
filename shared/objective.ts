/**
 * The objective L + α₁·privacy + α₂·fairness + α₃·transparency + α₄·compliance as it stands after a round. Privacy and
 * compliance are constraints that the protocol holds, so their terms are recorded, not differentiated; fairness acts
 * through the witness (α₂ is its damping), transparency through the group lasso (α₃ is its strength).
 */
import { architectureOf, layersOf } from "./model.ts";
import type { ObjectiveTerms } from "./run-record.ts";
import type { Task } from "./task.ts";

export function objectiveTerms(
  task: Task,
  measured: { loss: number; epsilonSpent: number; gap: number; parameters: Float32Array; compliance: number },
): ObjectiveTerms {
  const { objective } = task;
  const terms = {
    loss: measured.loss,
    privacy: measured.epsilonSpent / task.privacy.epsilon,
    fairness: measured.gap ** 2 / 2,
    transparency: groupLassoNorm(task, measured.parameters),
    compliance: measured.compliance,
  };
  const total =
    terms.loss +
    objective.privacy * terms.privacy +
    objective.fairness * terms.fairness +
    objective.transparency * terms.transparency +
    objective.compliance * terms.compliance;
  return { ...terms, total };
}

/** The rows of the first layer that belong to each feature, one-hot columns together: [start, end) in the parameters. */
export function featureGroups(task: Task): { start: number; end: number }[] {
  const { outputs } = layersOf(architectureOf(task))[0]!;
  let column = 0;
  return task.data.features.map((feature) => {
    const start = column * outputs;
    column += feature.kind === "numeric" ? 1 : feature.values.length;
    return { start, end: column * outputs };
  });
}

/** Σ_f √p_f·‖W_f‖₂ (Yuan & Lin 2006, §2), p_f the number of weights of a feature. */
export function groupLassoNorm(task: Task, parameters: Float32Array): number {
  return featureGroups(task).reduce((sum, { start, end }) => {
    const group = parameters.subarray(start, end);
    return sum + Math.sqrt(group.length) * Math.sqrt(group.reduce((squares, w) => squares + w * w, 0));
  }, 0);
}
