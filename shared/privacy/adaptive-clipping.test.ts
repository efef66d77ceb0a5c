import { expect, test } from "vitest";
import { neutralWitness } from "../fairness/histogram.ts";
import type { LedgerEntry } from "../ledger/entries.ts";
import { checkHistory } from "../ledger/history.ts";
import { announcementOf, chargeOf, roundOf, runOf } from "../ledger/testing.ts";
import { planOf, roundPlan } from "../plan.ts";
import { segment } from "../questions/layout.ts";
import { announcedLayout, layoutOf, type Question } from "../questions/question.ts";
import { assembleChange, atClipNorm, indicatorShare, readTrain } from "../questions/train.ts";
import { acceptAnnouncement, announce } from "../round/0-announce.ts";
import { newWorld, smallTask } from "../round/testing.ts";
import { checkTask } from "../task-rules.ts";
import {
  type AnnouncedClip,
  announcedClip,
  type ClipStep,
  isClipDue,
  nextClipNorm,
  shareWithin,
} from "./adaptive-clipping.ts";
import { addNoise, DiscreteGaussian } from "./discrete-gaussian.ts";
import { decodeParticipants, encodeParticipant, squaredNorm } from "./encode.ts";
import { rotationSigns } from "./hadamard.ts";
import { seededRandom } from "./testing/seeded.ts";

const taskOf = (clipping: "fixed" | "adaptive", clipNorm = 1) =>
  smallTask({
    privacy: { unit: "participant", epsilon: 8, delta: 1e-5, clipNorm, clipping },
    cohort: { minimum: 3, maximum: 300, dropoutTolerance: 0.2, colludingShare: 0.1 },
    training: { rounds: 50, learningRate: 1 },
  });
const task = taskOf("adaptive");
const layout = layoutOf("train", task);
const parameters = segment(layout, "update").length;
const cells = segment(layout, "histogram").length;

/** A change of this norm. */
const changeOf = (norm: number) => Float64Array.from({ length: parameters }, () => norm / Math.sqrt(parameters));
/** The longest histogram: all rows in one bin. */
const counts = Float64Array.from({ length: cells }, (_, i) => (i === 0 ? 7 : 0));

test("the clip norm goes to the median of the norms, from far above and from far below", () => {
  const norms = Array.from({ length: 101 }, (_, i) => 0.5 + i / 100);
  for (const start of [0.05, 20]) {
    let step: ClipStep = { norm: start, within: 0.5 };
    for (let round = 0; round < 100; round++) {
      const norm = nextClipNorm(step);
      step = { norm, within: norms.filter((n) => n <= norm).length / norms.length };
    }
    // One round moves it by 0.2·|b̃ − ½| at most, and a share of 1/101 is a hundredth of a norm.
    expect(step.norm).toBeGreaterThan(0.97);
    expect(step.norm).toBeLessThan(1.03);
  }
});

test("the noise, the bits and the bound are the plan's at every clip norm", () => {
  const plan = roundPlan(task, planOf(task), "train", 50);
  const kept = ({ segments: _, ...rest }: typeof layout) => rest;
  for (const norm of [1e-6, 0.3, 1, 7, 1e6]) {
    const question: Question = { kind: "train", normalisation: {}, witness: neutralWitness(task), clip: { norm } };
    const at = announcedLayout(question, task);
    expect(kept(at)).toEqual(kept(plan.layout));
    // The joint bound of §1.3: what the update, the histogram and the indicator may have together is Δ̂'s.
    const joint = at.segments.reduce((sum, s) => sum + (s.unit * s.bound) ** 2, 0);
    expect(joint / layout.segments.reduce((sum, s) => sum + (s.unit * s.bound) ** 2, 0)).toBeCloseTo(1, 12);
    expect((segment(at, "withinClip").unit / 2) ** 2 / joint).toBeCloseTo(indicatorShare ** 2, 12);
  }
  // The update's noise grows by 1/√(1 − c₃²) beside a fixed clip norm: as z_Δ of Andrew et al. with σ_b = z/(2·c₃).
  const steps = (of: typeof layout) => segment(of, "update").unit * segment(of, "update").bound;
  const fixed = layoutOf("train", taskOf("fixed"));
  const ratio = (of: typeof layout) => of.sensitivity / steps(of);
  expect(ratio(layout) / ratio(fixed)).toBeGreaterThan(1);
  expect(ratio(layout) / ratio(fixed)).toBeLessThan(1.01);
});

test.each([1e-9, 0.4, 3, 1e9])(
  "whoever announces a clip norm of %f, the integers stay within the task's Δ̂",
  async (norm) => {
    const signs = await rotationSigns(new Uint8Array(32), layout.dimension);
    const random = seededRandom(3);
    const at = atClipNorm(layout, norm);
    const most = BigInt(Math.floor(layout.sensitivity ** 2));
    for (const length of [0, norm / 2, norm, norm * 1e3, 1e3]) {
      for (let n = 0; n < 200; n++) {
        const integers = encodeParticipant(assembleChange(at, changeOf(length), counts, 7), at, signs, random);
        if (squaredNorm(integers) > most) expect.fail(`‖q‖² = ${squaredNorm(integers)} of ${most}`);
      }
    }
  },
);

/** 100 sums; the mean of their shares is within six standard errors of noise and rounding (false alarm 2e-9). */
test("the decoded share is the share of changes within the norm, with the noise that its unit says", async () => {
  const signs = await rotationSigns(new Uint8Array(32).fill(5), layout.dimension);
  const random = seededRandom(14);
  const size = 50;
  const promised = planOf(task);
  const noiseMultiplier = { ...promised.noiseMultiplier, train: 1 };
  const plan = roundPlan(task, { ...promised, noiseMultiplier }, "train", size);
  const at = atClipNorm(layout, 0.25);
  const [inside, rounds] = [35, 100];
  const shares: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const sum = new Float64Array(layout.dimension);
    for (let tab = 0; tab < size; tab++) {
      const vector = assembleChange(at, changeOf(tab < inside ? 0.2499 : 0.2501), counts, 7);
      const noised = addNoise(encodeParticipant(vector, at, signs, random), plan.localVariance, random);
      for (const [i, q] of noised.entries()) sum[i]! += q;
    }
    const { withinClip, update } = readTrain(at, decodeParticipants(sum, signs));
    shares.push(withinClip! / size + 0.5);
    expect(update.length).toBe(parameters);
  }
  const mean = shares.reduce((a, b) => a + b) / rounds;
  const deviation = Math.sqrt(shares.reduce((sum, s) => sum + (s - mean) ** 2, 0) / (rounds - 1));
  const expected = Math.sqrt(Number(plan.localVariance) * size) / segment(at, "withinClip").unit / size;
  expect(Math.abs(mean - inside / size)).toBeLessThan((6 * expected) / Math.sqrt(rounds));
  expect(expected / Math.sqrt(rounds)).toBeLessThan(0.03);
  expect(deviation / expected).toBeGreaterThan(0.6);
  expect(deviation / expected).toBeLessThan(1.4);
  // σ_b = 5z tabs at least: z is what the honest shares alone make up.
  expect(expected * size).toBeGreaterThan(5 * plan.noiseMultiplier);
});

test("the noise of adaptive clipping hides a tab as the plan promises: z·Δ̂ over the honest shares", () => {
  const plan = roundPlan(task, planOf(task), "train", 50);
  const random = seededRandom(9);
  const sampler = new DiscreteGaussian(plan.localVariance * BigInt(plan.honest));
  let squares = 0;
  const count = 200_000;
  for (let i = 0; i < count; i++) squares += sampler.sample(random) ** 2;
  // Of 200,000 samples, five standard errors of a deviation are 0.8 %.
  const deviation = Math.sqrt(squares / count);
  expect(deviation / (planOf(taskOf("fixed")).noiseMultiplier.train * layout.sensitivity)).toBeGreaterThan(0.992);
});

test("an indicator of anything but a half is clipped to it", async () => {
  const signs = await rotationSigns(new Uint8Array(32), layout.dimension);
  const vector = new Float64Array(layout.dimension);
  vector[segment(layout, "withinClip").offset] = 1e6;
  const decoded = decodeParticipants(
    Float64Array.from(encodeParticipant(vector, layout, signs, seededRandom(1))),
    signs,
  );
  const steps = Math.sqrt(layout.dimension);
  expect(Math.abs(readTrain(layout, decoded).withinClip! - 0.5)).toBeLessThan(
    steps / segment(layout, "withinClip").unit,
  );
});

test("what a round's sum says is the next announcement, and a tab agrees", () => {
  const first = announcedClip(task, [{}])!;
  expect(first).toEqual({ norm: 1 });
  expect(isClipDue(task, first, 2)).toBe(true);
  const records: { clip?: ClipStep }[] = [{}];
  for (let round = 2; round < 40; round++) {
    const clip = announcedClip(task, records)!;
    expect(isClipDue(task, clip, round)).toBe(true);
    records.push({ clip: { norm: clip.norm, within: shareWithin((round % 7) - 3, 5) } });
  }
  expect(announcedClip(taskOf("fixed"), records)).toBeUndefined();
});

const first: AnnouncedClip = { norm: 1 };
const second: AnnouncedClip = { norm: Math.exp(-0.1), after: { norm: 1, within: 1 } };
const undue: [string, unknown, number][] = [
  ["none", undefined, 2],
  ["null", null, 2],
  ["not of the task's", { norm: 2 }, 2],
  ["not of the task's, later", { norm: 2 }, 9],
  ["no number", { norm: "1" }, 2],
  ["zero", { norm: 0 }, 2],
  ["below zero", { norm: -1 }, 2],
  ["not what the share implies", { ...second, norm: 1 }, 3],
  ["of a share above 1", { norm: nextClipNorm({ norm: 1, within: 9 }), after: { norm: 1, within: 9 } }, 99],
  ["too far for so few rounds", { norm: nextClipNorm({ norm: 9, within: 0.5 }), after: { norm: 9, within: 0.5 } }, 3],
];

test.each(undue)("8.8 a clip norm that is %s is declined in the announcement", async (_, clip, round) => {
  const world = await newWorld(3, task);
  const question = { kind: "train", normalisation: { x: { mean: 0, scale: 1 } }, witness: neutralWitness(task) };
  const accept = async (clip: unknown, at: number) =>
    acceptAnnouncement(
      world.tabs[0]!.env,
      await announce(world.coordinator, {
        ...world.announcement,
        round: at,
        question: { ...question, ...(clip === undefined ? {} : { clip }) } as Question,
      }),
      world.parameters,
    );
  await expect(accept(clip, round)).rejects.toMatchObject({ reason: "plan-mismatch", details: { of: "question" } });
  await expect(accept(first, 2)).resolves.toBeDefined();
  await expect(accept(second, 3)).resolves.toBeDefined();
});

test("8.8 a task with a fixed clip norm takes none from the coordinator", () => {
  for (const fixed of [taskOf("fixed"), smallTask()]) {
    expect(isClipDue(fixed, undefined, 2)).toBe(true);
    expect(isClipDue(fixed, first, 2)).toBe(false);
  }
  // No JSON has them, so no announcement.
  for (const norm of [Infinity, Number.NaN]) expect(isClipDue(task, { norm }, 2)).toBe(false);
});

test("the ledger's check follows the clip norm from round to round", async () => {
  const history = async (change: { announced?: number; recorded?: number; within?: number; third?: number }) => {
    const within = change.within ?? 0.8;
    const due = [2, nextClipNorm({ norm: 2, within: 0.8 })];
    const announced = (round: number, norm: number) => ({ ...announcementOf(round, 1), clipNorm: norm }) as LedgerEntry;
    const finished = (round: number, norm: number) => {
      const entry = roundOf(round, 1, round) as Extract<LedgerEntry, { kind: "round" }>;
      return { ...entry, record: { ...entry.record, clip: { norm, within } } };
    };
    const privacy = { clipping: "adaptive", clipNorm: 2 };
    return checkHistory([
      await runOf({ name: "t", privacy } as { name: string }),
      announced(1, change.announced ?? due[0]!),
      chargeOf(1, 1, 1),
      finished(1, change.recorded ?? due[0]!),
      announced(2, change.third ?? due[1]!),
    ]);
  };
  expect(await history({})).toEqual([]);
  expect(await history({ announced: 3 })).toHaveLength(2);
  expect(await history({ recorded: 3 })).toHaveLength(2);
  expect(await history({ within: 0.7 })).toHaveLength(1);
  expect(await history({ third: 2 })).toHaveLength(1);
  const plain = [await runOf(), { ...announcementOf(1, 1), clipNorm: 1 } as LedgerEntry];
  expect(await checkHistory(plain)).toHaveLength(1);
});

test("adaptive clipping at record level is refused", () => {
  const { task: _, problems } = checkTask({
    ...task,
    privacy: { unit: "record", epsilon: 2, delta: 1e-5, clipping: "adaptive" },
  }) as { task?: unknown; problems: { path: unknown }[] };
  expect(problems.map(({ path }) => path)).toEqual([["privacy", "clipping"]]);
});
