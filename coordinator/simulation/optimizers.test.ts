/** Optimisers of the lab against their papers: by hand where a step can be written down, else by what they are for. */
import { describe, expect, it } from "vitest";
import type { Local, Server } from "../../shared/lab/axes.ts";
import { roundedSensitivity } from "../../shared/privacy/accountants/discrete-gaussian.ts";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import { segment } from "../../shared/questions/layout.ts";
import { trainLayout } from "../../shared/questions/train.ts";
import { asTask } from "../../shared/task-rules.ts";
import { withExtras } from "./extras.ts";
import { Federation } from "./federation.ts";
import { encode, participantsOf, typed } from "./population.ts";
import { AdaptiveServer } from "./server.ts";

const draw = seededRandom(4);
const uniform = () => draw.uniform53() / 2 ** 53;
/** Four participants, of whom each knows another part of the line and another share of yes. */
const records = Array.from({ length: 400 }, (_, i) => {
  const x = 2 * uniform() - 1 + 0.6 * (i % 4);
  return { x: `${x}`, side: i % 2 ? "left" : "right", y: uniform() < 1 / (1 + Math.exp(3 * x - 3)) ? "yes" : "no" };
});
const taskWith = (training: object, privacy: object = {}) =>
  asTask({
    name: "optimisers",
    purpose: "a small task for tests of optimisers",
    data: {
      label: { column: "y", positive: "yes", negative: "no" },
      features: [{ name: "x", kind: "numeric", min: -3, max: 3 }],
      sensitive: [],
      heldBack: 0.1,
    },
    model: {},
    privacy: { unit: "participant", epsilon: 4, delta: 1e-5, clipNorm: 50, ...privacy },
    cohort: { minimum: 3, maximum: 10, dropoutTolerance: 0, colludingShare: 0 },
    training: { rounds: 40, learningRate: 1, averageLast: 0, localBatch: 400, localLearningRate: 1, ...training },
  });
const trained = async (
  training: object,
  { server, local, isPrivate = false }: { server?: Server; local?: Local; isPrivate?: boolean } = {},
) => {
  const task = taskWith(training);
  const random = seededRandom(2);
  const rows = typed(records, task);
  const participants = participantsOf(
    records.map((_, i) => i % 4),
    0.1,
    random,
  );
  const setting = { task, rows, participants, random, seed: 1, server, local, penaltyOn: "everyone" as const };
  const { parameters, normalisation } = await new Federation({ ...setting, isPrivate }).run();
  const { network, rows: encoded } = encode(rows, task, normalisation);
  const model = Float64Array.from(parameters);
  const lossOf = (own: Uint32Array) =>
    own.reduce((sum, row) => {
      const z = network.logit(model, row);
      return sum + Math.log1p(Math.exp(encoded.labels[row] ? -z : z));
    }, 0) / own.length;
  return { parameters, losses: participants.map(({ train }) => lossOf(train)) };
};
const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;

describe("servers", () => {
  it("Adam's and Yogi's second moments move as in Reddi et al. 2021, Algorithm 2", () => {
    const rates = { beta1: 0.5, beta2: 0.9, tau: 0.1 };
    const adam = new AdaptiveServer({ kind: "fedadam", ...rates }, 1);
    // v = .9·.01 + .1·.04 = .013, then .9·.013 + .1·.25 = .0367; m = .1, then −.2
    expect(adam.direction(Float64Array.of(0.2))[0]).toBeCloseTo(0.1 / (Math.sqrt(0.013) + 0.1), 12);
    expect(adam.direction(Float64Array.of(-0.5))[0]).toBeCloseTo(-0.2 / (Math.sqrt(0.0367) + 0.1), 12);
    const yogi = new AdaptiveServer({ kind: "fedyogi", ...rates }, 1);
    // v = .01 + .1·.04 = .014, then .014 + .1·.25 = .039, then .039 − .1·.0001
    yogi.direction(Float64Array.of(0.2));
    expect(yogi.direction(Float64Array.of(-0.5))[0]).toBeCloseTo(-0.2 / (Math.sqrt(0.039) + 0.1), 12);
    expect(yogi.direction(Float64Array.of(0.01))[0]).toBeCloseTo(-0.095 / (Math.sqrt(0.03899) + 0.1), 12);
  });

  it("FedAdam moves each coordinate by its step at first, however small the change is", async () => {
    const few = await trained({ rounds: 1, momentum: 0 }, { server: { kind: "fedavg" } });
    const adam = { kind: "fedadam", learningRate: 0.01, beta1: 0.9, beta2: 0.99, tau: 1e-6 } as const;
    const one = await trained({ rounds: 1, momentum: 0, learningRate: 0.01 }, { server: adam });
    // The first step: m = .1Δ, v ≈ .01Δ², so each coordinate moves by the step, in Δ's direction.
    const start = await trained({ rounds: 1, momentum: 0, learningRate: 1e-9 });
    one.parameters.forEach((x, i) => {
      const step = x - start.parameters[i]!;
      expect(Math.abs(step)).toBeCloseTo(0.01, 3);
      expect(Math.sign(step)).toBe(Math.sign(few.parameters[i]! - start.parameters[i]!));
    });
  });

  it("q-FedAvg is FedAvg at q = 0, and at a large q losses are more alike and their mean no better", async () => {
    const qfedavg = (q: number, training = {}) =>
      trained(training, { server: { kind: "qfedavg", learningRate: 1, q, lossBound: 2 } });
    expect([...(await qfedavg(0)).parameters]).toEqual([...(await trained({})).parameters]);
    const spread = (losses: number[]) => Math.max(...losses) - Math.min(...losses);
    const [fair, plain] = [await qfedavg(5, { rounds: 300 }), await qfedavg(0, { rounds: 300 })];
    expect(spread(fair.losses)).toBeLessThan(0.8 * spread(plain.losses));
    expect(mean(fair.losses)).toBeGreaterThan(mean(plain.losses));
  });
});

describe("local work", () => {
  /** From where one step a round goes: there is no drift. */
  const distance = async (training: object, local?: Local) => {
    const goal = await trained({ rounds: 400 });
    const { parameters } = await trained(training, local && { local });
    return Math.hypot(...parameters.map((x, i) => x - goal.parameters[i]!));
  };

  it("SCAFFOLD's many local steps lead where one step a round leads, and FedAvg's do not", async () => {
    const drifting = { rounds: 150, localEpochs: 20, localLearningRate: 0.5 };
    const plain = await distance(drifting);
    const corrected = await distance(drifting, { kind: "scaffold", controlBound: 100 });
    expect(plain).toBeGreaterThan(0.05);
    expect(corrected).toBeLessThan(0.2 * plain);
  });

  it("FedProx holds the steps to the round's model: with a large μ hardly anything moves", async () => {
    const training = { rounds: 1, localEpochs: 50, localLearningRate: 0.02 };
    const start = await trained({ rounds: 1, learningRate: 1e-9 });
    const moved = async (mu: number) => {
      const { parameters } = await trained({ ...training, localProximal: mu });
      return Math.hypot(...parameters.map((x, i) => x - start.parameters[i]!));
    };
    expect(await moved(20)).toBeLessThan(0.2 * (await moved(0)));
    expect(await moved(20)).toBeGreaterThan(0);
  });

  it("what goes beside the update widens the joint bound, and all noise with it", async () => {
    const plain = trainLayout(taskWith({}));
    const update = segment(plain, "update");
    const extra = { name: "control", length: update.length, bound: 3, share: 1 };
    const wide = withExtras(plain, [extra]);
    const own = segment(wide, "control");
    expect(own.unit * own.bound).toBeCloseTo(segment(wide, "update").unit * update.bound, 9);
    const joint = Math.hypot(...wide.segments.map((s) => s.unit * s.bound));
    expect(wide.sensitivity).toBeCloseTo(roundedSensitivity(joint, wide.dimension, Math.exp(-0.5)), 9);
    // In the update's own unit the noise is that much larger.
    const relative = (layout: typeof plain) => layout.sensitivity / segment(layout, "update").unit;
    expect(relative(wide) / relative(plain)).toBeGreaterThan(1.3);
    const noisy = await trained({ rounds: 3 }, { local: { kind: "scaffold", controlBound: 3 }, isPrivate: true });
    expect([...noisy.parameters].every(Number.isFinite)).toBe(true);
  });
});
