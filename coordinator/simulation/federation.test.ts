import { describe, expect, it } from "vitest";
import { parameterCount } from "../../shared/model.ts";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import { asTask } from "../../shared/task-rules.ts";
import { Federation } from "./federation.ts";
import { measure } from "./measure.ts";
import { Network, sparse } from "./network.ts";
import { encode, participantsOf, typed } from "./population.ts";

const draw = seededRandom(3);
const uniform = () => draw.uniform53() / 2 ** 53;
/** 1,200 people of two groups, of whom one scores higher. */
const records = Array.from({ length: 1200 }, () => {
  const group = uniform() < 0.4 ? "A" : "B";
  // The model does not see the group, only a trace of it.
  const colour = uniform() < 0.8 ? (group === "A" ? "red" : "blue") : "green";
  const x = 2 * uniform() - 1 + (group === "A" ? 0.5 : 0);
  const y = uniform() < 1 / (1 + Math.exp(-(2 * x - 0.4))) ? "yes" : "no";
  return { group, x: `${x}`, colour, y };
});
const task = asTask({
  name: "simulated",
  purpose: "a small task for tests of the simulation",
  data: {
    label: { column: "y", positive: "yes", negative: "no" },
    features: [
      { name: "x", kind: "numeric", min: -2, max: 2 },
      { name: "colour", kind: "categorical", values: ["red", "green", "blue"] },
    ],
    sensitive: [
      {
        name: "group",
        column: "group",
        groups: [
          { name: "A", values: ["A"] },
          { name: "B", values: ["B"] },
        ],
      },
    ],
  },
  model: {},
  privacy: { unit: "record", epsilon: 4, delta: 1e-5, clipNorm: 4 },
  cohort: { minimum: 3, maximum: 10, dropoutTolerance: 0, colludingShare: 0 },
  training: { rounds: 60, learningRate: 1, momentum: 0.5 },
  fairness: { penalty: "demographic-parity", attribute: "group", tolerance: 0.04, step: 0.2 },
});
const rows = typed(records, task);
/** The first half of the participants have A only, the second B only. */
const oneGroupEach = records.map(({ group }, i) => (group === "A" ? i % 2 : 2 + (i % 2)));
const gapAfter = async (parts: number[], over: { isPrivate?: boolean; penaltyOn?: "everyone" | "itself" } = {}) => {
  const random = seededRandom(9);
  const participants = participantsOf(parts, 0.2, random);
  const setting = {
    task,
    rows,
    participants,
    random,
    seed: 1,
    isPrivate: false,
    penaltyOn: "everyone" as const,
    ...over,
  };
  const outcome = await new Federation(setting).run();
  const trained = participants.flatMap((p) => [...p.train]);
  const { byAttribute } = measure(task, encode(rows, task, outcome.normalisation), trained, outcome.parameters);
  return { gap: byAttribute.group!.demographicParityDifference!, outcome };
};

describe("a federation in memory", () => {
  it("closes the gap where everyone holds one group, with noise too; a penalty on own gaps does nothing there", async () => {
    expect((await gapAfter(oneGroupEach, { penaltyOn: "itself" })).gap).toBeGreaterThan(0.3);
    expect((await gapAfter(oneGroupEach)).gap).toBeLessThan(0.08);
    expect((await gapAfter(oneGroupEach, { isPrivate: true })).gap).toBeLessThan(0.12);
  });

  it("is repeatable from its seed, and says of held-back rows what they show", async () => {
    const once = await gapAfter(oneGroupEach, { isPrivate: true });
    const again = await gapAfter(oneGroupEach, { isPrivate: true });
    expect(once.outcome.parameters).toEqual(again.outcome.parameters);
    expect(Math.abs((await gapAfter(oneGroupEach)).outcome.evaluation.accuracy - 0.68)).toBeLessThan(0.1);
  });
});

it("a run that is stopped is the same as far as it went", async () => {
  const modelAfter = async (until: number) => {
    const random = seededRandom(9);
    const participants = participantsOf(oneGroupEach, 0.2, random);
    const models: Float32Array[] = [];
    const federation = new Federation({
      ...{ task, rows, participants, random, seed: 1 },
      isPrivate: true,
      penaltyOn: "everyone",
    });
    await federation.run({ until, onRound: ({ learner }) => models.push(learner.parameters) });
    expect(models).toHaveLength(until);
    return models[4];
  };
  expect(await modelAfter(5)).toEqual(await modelAfter(9));
});

it("the network's clipped gradient is the numerical derivative of its logit, cut to the norm", () => {
  const architecture = {
    inputShape: [4],
    layers: [
      { kind: "dense" as const, outputs: 3, activation: "tanh" as const },
      { kind: "dense" as const, outputs: 1, activation: "none" as const },
    ],
  };
  const network = new Network(architecture, sparse(Float32Array.of(0.5, 0, -1.25, 0, 0, 2, 0, 1), 4));
  const parameters = Float64Array.from({ length: parameterCount(architecture) }, () => 2 * uniform() - 1);
  for (const row of [0, 1]) {
    const numerical = parameters.map((_, i) => {
      const at = (by: number) =>
        network.logit(
          parameters.map((p, j) => (i === j ? p + by : p)),
          row,
        );
      return (at(1e-5) - at(-1e-5)) / 2e-5;
    });
    const norm = Math.sqrt(numerical.reduce((sum, x) => sum + x * x, 0));
    for (const clipNorm of [100, norm / 4]) {
      const into = new Float64Array(parameters.length);
      network.logit(parameters, row);
      network.addGradient(parameters, row, 1, { clipNorm, scale: 1, into });
      into.forEach((x, i) => {
        expect(x).toBeCloseTo(numerical[i]! * Math.min(1, clipNorm / norm), 8);
      });
    }
  }
});
