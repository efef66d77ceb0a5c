/** The naïve way: a controller a tab, on the tab's own histogram, where a group it does not hold makes no gap. */
import { type ControllerState, initialController, stepController } from "../../shared/fairness/controller.ts";
import { neutralWitness, type Witness } from "../../shared/fairness/histogram.ts";
import type { Task } from "../../shared/task.ts";

export class NaivePenalties {
  readonly #states = new Map<number, ControllerState>();
  readonly #withoutGap = new Set<number>();

  constructor(private readonly task: Task) {}

  /** @param participant its number @param histogram of its own rows */
  witness(participant: number, histogram: Float64Array): Witness {
    if (this.#withoutGap.has(participant)) return neutralWitness(this.task);
    const before = this.#states.get(participant) ?? initialController(this.task);
    const measured = { histogram, noise: 0, groupLabelCounts: undefined };
    const { state, witness, constraints } = stepController(this.task, before, measured);
    // Whose rows are all of one group has no gap, and never will.
    if (constraints.every((c) => c.gap === null)) this.#withoutGap.add(participant);
    this.#states.set(participant, state);
    return witness;
  }
}
