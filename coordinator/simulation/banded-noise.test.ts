import { describe, expect, it } from "vitest";
import { planOf, spareRounds } from "../../shared/plan.ts";
import { epsilonOf } from "../../shared/privacy/accountants/rdp.ts";
import { inverse, toeplitzCoefficients, toeplitzSensitivity } from "../../shared/privacy/banded.ts";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import { trainLayout } from "../../shared/questions/train.ts";
import { asTask } from "../../shared/task-rules.ts";
import { bandedNoise, inTurns } from "./banded-noise.ts";
import { Federation } from "./federation.ts";
import { participantsOf, typed } from "./population.ts";

const rounds = 24;
const task = asTask({
  name: "banded",
  purpose: "a small task for tests of correlated noise",
  data: {
    label: { column: "y", positive: "yes", negative: "no" },
    features: [{ name: "x", kind: "numeric", min: -1, max: 1 }],
    sensitive: [],
  },
  model: {
    layers: [
      { kind: "dense", outputs: 20, activation: "tanh" },
      { kind: "dense", outputs: 1 },
    ],
  },
  privacy: { unit: "participant", epsilon: 4, delta: 1e-5, clipNorm: 1 },
  cohort: { minimum: 5, maximum: 100, dropoutTolerance: 0, colludingShare: 0 },
  // Nobody's model moves: what the global one moves by is noise.
  training: { rounds, learningRate: 1, averageLast: 0, localLearningRate: 1e-12 },
});

describe("banded noise", () => {
  it("is for groups that take turns: nobody twice, all as large", () => {
    const groups = inTurns(
      Array.from({ length: 43 }, (_, i) => i),
      10,
      seededRandom(1),
    );
    expect(groups.map((group) => group.length)).toEqual([10, 10, 10, 10]);
    expect(new Set(groups.flat()).size).toBe(40);
  });

  it("has the deviation that spends ε with all other questions, as one Gaussian answer over C·x", () => {
    const plan = planOf(task);
    const layout = trainLayout(task);
    const [groups, bands] = [4, 4];
    const { deviation } = bandedNoise(task, plan, layout, { groups, bands, random: seededRandom(1) });
    const planned = rounds + spareRounds(rounds);
    const c = toeplitzCoefficients(bands);
    const sensitivity = toeplitzSensitivity(c, {
      rounds: planned,
      minSeparation: groups,
      most: Math.ceil(planned / 4),
    });
    const spread = Math.hypot(...inverse(c, planned));
    const noiseMultiplier = deviation / (spread * sensitivity * layout.sensitivity);
    const small = { noiseMultiplier: plan.noiseMultiplier.profile, sampleRate: 1, count: 2 };
    const spent = epsilonOf([small, { noiseMultiplier, sampleRate: 1, count: 1 }], task.privacy.delta);
    expect(spent).toBeLessThanOrEqual(task.privacy.epsilon);
    expect(spent).toBeGreaterThan(0.98 * task.privacy.epsilon);
  });

  it("leaves as much error in the sum of all steps as the matrices say, less than independent noise", async () => {
    const records = Array.from({ length: 400 }, (_, i) => ({ x: `${(i % 21) / 10 - 1}`, y: i % 3 ? "yes" : "no" }));
    const rows = typed(records, task);
    const deviation = async (bands: number) => {
      const moved: number[] = [];
      // 810 numbers each: a ratio's own deviation is 3.5 %, and 15 % are passed once in 10⁴ (the seeds are fixed).
      for (let seed = 1; seed <= 10; seed++) {
        const run = (isPrivate: boolean) => {
          const random = seededRandom(seed);
          const participants = participantsOf(
            records.map((_, i) => i % 40),
            0.1,
            random,
          );
          const setting = { task, rows, participants, cohort: 10, random, bands, mechanism: "banded" as const };
          return new Federation({ ...setting, seed: 1, isPrivate, penaltyOn: "everyone" }).run();
        };
        const [noisy, still] = [await run(true), await run(false)];
        moved.push(...noisy.parameters.map((x, i) => x - still.parameters[i]!));
      }
      return Math.sqrt(moved.reduce((sum, x) => sum + x * x, 0) / moved.length);
    };
    const planned = rounds + spareRounds(rounds);
    const expected = (bands: number) => {
      const c = toeplitzCoefficients(bands);
      const sums = inverse(c, rounds).map(
        (
          (sum) => (x: number) =>
            (sum += x)
        )(0),
      );
      return (
        Math.hypot(...sums) *
        toeplitzSensitivity(c, { rounds: planned, minSeparation: 4, most: Math.ceil(planned / 4) })
      );
    };
    const ratio = expected(4) / expected(1);
    expect(ratio).toBeLessThan(0.75);
    expect(Math.abs((await deviation(4)) / (await deviation(1)) / ratio - 1)).toBeLessThan(0.15);
  });
});
