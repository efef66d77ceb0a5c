/** A task whose `train` vector has about as many coordinates as are asked for. */
import { layoutOf } from "../../shared/questions/question.ts";
import type { Task } from "../../shared/task.ts";
import { asTask } from "../../shared/task-rules.ts";

export interface Shape {
  clients: number;
  /** At least so many coordinates; the last layer's width rounds them up */
  dimension: number;
  /** Share of the members that vanish after they sent shares */
  dropout: number;
  /** Whether far more than those may be lost, as where faults are injected */
  isHarsh?: boolean;
  /** ML-KEM-768 beside X25519 */
  postQuantum?: boolean;
}

export function taskOf({ clients, dimension, isHarsh, postQuantum }: Shape, rounds = 1): Task {
  const first = dimension > 200_000 ? 1024 : dimension > 20_000 ? 256 : 16;
  const inputs = 64;
  const width = Math.max(1, Math.min(1024, Math.ceil((dimension - inputs * first - first) / (first + 2))));
  return asTask({
    name: "load",
    purpose: "a vector of a given length for measuring the secure sum",
    data: {
      label: { column: "y", positive: "yes", negative: "no" },
      features: Array.from({ length: inputs }, (_, i) => ({ name: `x${i}`, kind: "numeric", min: 0, max: 1 })),
    },
    model: {
      layers: [
        { kind: "dense", outputs: first },
        { kind: "dense", outputs: width },
        { kind: "dense", outputs: 1 },
      ],
    },
    privacy: { unit: "participant", epsilon: 8, delta: 1e-6 },
    // θ = 0.05 a stage and γ = 0.1: a graph for about a tenth of dropouts in all (privacy.md §5.2).
    cohort: isHarsh
      ? { minimum: Math.ceil(0.4 * clients), maximum: clients, dropoutTolerance: 0.3, colludingShare: 0.1 }
      : { minimum: Math.floor(0.9 * clients), maximum: clients, dropoutTolerance: 0.05, colludingShare: 0.1 },
    ...(postQuantum && { postQuantum }),
    training: { rounds, learningRate: 1 },
  });
}

/** What client i uploads at coordinate j, before masks: spread over the modulus, the same at both ends. */
export function answerOf(client: number, task: Task): Int32Array {
  const answer = new Int32Array(layoutOf("train", task).dimension);
  for (let j = 0; j < answer.length; j++) answer[j] = ((client * 7919 + j * 104_729) % 401) - 200;
  return answer;
}
