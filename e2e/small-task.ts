/** A task small enough for tests of everything but learning, and answers to it that need no adapter. */
import { addNoise } from "../shared/privacy/discrete-gaussian.ts";
import { encodeRecordSum } from "../shared/privacy/encode.ts";
import { RandomSource } from "../shared/privacy/random.ts";
import { layoutOf } from "../shared/questions/question.ts";
import type { Task } from "../shared/task.ts";
import { asTask } from "../shared/task-rules.ts";
import type { Compute } from "./node-tab.ts";

export const smallTask = (rounds: number): Task =>
  asTask({
    name: "small",
    purpose: "a small task for tests of the protocol",
    data: {
      label: { column: "y", positive: "yes", negative: "no" },
      features: [
        { name: "x", kind: "numeric", min: 0, max: 1 },
        { name: "colour", kind: "categorical", values: ["red", "green"] },
      ],
      sensitive: [
        {
          name: "side",
          column: "side",
          groups: [
            { name: "left", values: ["left"] },
            { name: "right", values: ["right"] },
          ],
        },
      ],
    },
    model: {},
    privacy: { unit: "record", epsilon: 2, delta: 1e-5 },
    cohort: { minimum: 5, maximum: 5, dropoutTolerance: 0.2 },
    training: { rounds, learningRate: 0.1 },
  });

/** The answer of a tab whose rows count for nothing: zeros with all the noise that is due. */
export function zeros(task: Task): Compute {
  const random = new RandomSource();
  return async ({ kind }) => {
    const layout = layoutOf(kind, task);
    const encoded = encodeRecordSum(new Int32Array(layout.dimension), layout);
    return (plan) => addNoise(encoded, plan.localVariance, random);
  };
}
