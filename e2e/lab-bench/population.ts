/** A thousand people's rows in the shape of UCI Adult, drawn by a seed: what is measured hangs on shapes alone. */
import type { Participant } from "../../coordinator/simulation/population.ts";
import { outcomesOf } from "../../shared/data/rows.ts";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import type { Task } from "../../shared/task.ts";
import { asTask } from "../../shared/task-rules.ts";

export const participantCount = 1000;
export const cohort = 100;
export const rounds = 100;
/** Rows of a participant, all of full batches, which suits a compiled step of one shape */
export const rowsEach = 32;
export const localBatch = 16;
export const localLearningRate = 0.1;

const numeric = ["age", "fnlwgt", "education-num", "capital-gain", "capital-loss", "hours-per-week"];
/** Values of each of Adult's categories: with the numbers, the customary 104 inputs */
const categorical = {
  workclass: 8,
  education: 16,
  "marital-status": 7,
  occupation: 14,
  relationship: 6,
  race: 5,
  sex: 2,
  "native-country": 40,
};

/** FedAvg (McMahan et al. 2017, algorithm 1, E = 1). @param hidden widths */
export const taskOf = (hidden: readonly number[]): Task =>
  asTask({
    name: "adult-shaped",
    purpose: "measure how fast the lab simulates",
    data: {
      label: { column: "income", positive: ">50K", negative: "<=50K" },
      features: [
        ...numeric.map((name) => ({ name, kind: "numeric", min: 0, max: 1000 })),
        ...Object.entries(categorical).map(([name, count]) => ({
          name,
          kind: "categorical",
          values: Array.from({ length: count }, (_, i) => `${name} ${i}`),
        })),
      ],
      sensitive: [{ name: "group", column: "group", groups: ["a", "b"].map((name) => ({ name, values: [name] })) }],
    },
    model: {
      layers: [
        ...hidden.map((outputs) => ({ kind: "dense", outputs, activation: "relu" })),
        { kind: "dense", outputs: 1 },
      ],
    },
    privacy: { unit: "participant", epsilon: 8, delta: 1e-5, clipNorm: 4 },
    cohort: { minimum: 5, maximum: cohort, dropoutTolerance: 0, colludingShare: 0 },
    training: { rounds, learningRate: 1, averageLast: 0.01, localBatch, localLearningRate },
  });

/** Rows as text, and who holds which: each trains on 32 and holds one back. */
export function population({ data }: Task): { records: Record<string, string>[]; participants: Participant[] } {
  const random = seededRandom(1);
  const uniform = () => random.below(1_000_000) / 1_000_000;
  const outcomes = outcomesOf(data.label);
  const records = Array.from({ length: participantCount * (rowsEach + 1) }, () => {
    const record: Record<string, string> = {};
    let tendency = 0;
    for (const [i, feature] of data.features.entries()) {
      const share = uniform();
      // Columns that pull one way and the other, so that there is something to learn.
      tendency += (i % 2 === 0 ? 1 : -1) * (share - 0.5);
      record[feature.name] =
        feature.kind === "numeric"
          ? String(feature.min + Math.floor(share * (feature.max - feature.min)))
          : feature.values[Math.floor(share * feature.values.length)]!;
    }
    record.group = uniform() < 0.5 ? "a" : "b";
    record[data.label.column] = outcomes[Number(tendency + 0.5 * (uniform() - 0.5) > 0)]!;
    return record;
  });
  const participants = Array.from({ length: participantCount }, (_, p) => {
    const start = p * (rowsEach + 1);
    return {
      train: Uint32Array.from({ length: rowsEach }, (_, i) => start + i),
      heldBack: Uint32Array.of(start + rowsEach),
    };
  });
  return { records, participants };
}
