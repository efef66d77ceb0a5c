/** Participant level through a real coordinator, without an adapter: what is rotated in the tabs comes back in the model. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import { fromHex } from "../shared/canonical.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { architectureOf, initialParameters } from "../shared/model.ts";
import { nextClipNorm } from "../shared/privacy/adaptive-clipping.ts";
import { addNoise } from "../shared/privacy/discrete-gaussian.ts";
import { encodeParticipant } from "../shared/privacy/encode.ts";
import { rotationSigns } from "../shared/privacy/hadamard.ts";
import { RandomSource } from "../shared/privacy/random.ts";
import { announcedLayout } from "../shared/questions/question.ts";
import { assembleChange } from "../shared/questions/train.ts";
import type { Task } from "../shared/task.ts";
import { asTask } from "../shared/task-rules.ts";
import { type Compute, joinWith } from "./node-tab.ts";
import { smallTask } from "./small-task.ts";

/** Every tab's model change. */
const change = [0.6, -0.5, 0.4, 0.2];

function answers(task: Task): Compute {
  const random = new RandomSource();
  return async (question, parameters, announcementHash) => {
    const layout = announcedLayout(question, task);
    const moved = Float64Array.from(parameters, (_, i) => change[i % 4]!);
    const vector =
      question.kind === "train" ? assembleChange(layout, moved, [], 0) : new Float64Array(layout.dimension);
    const signs = await rotationSigns(fromHex(announcementHash), layout.dimension);
    const encoded = encodeParticipant(vector, layout, signs, random);
    return (plan) => addNoise(encoded, plan.localVariance, random);
  };
}

/** A whole run of five such tabs. @returns it, the way its model went, and its ledger's entries, which hold */
async function runOfFive(rounds: number, privacy: Partial<Task["privacy"]>) {
  vi.stubEnv("MURMUR_LOG", "silent");
  const folder = mkdtempSync(join(tmpdir(), "murmur-participant-"));
  const server = await serve({ port: 0, dataDir: join(folder, "data") });
  try {
    const base = smallTask(rounds);
    const task = asTask({
      ...base,
      privacy: { unit: "participant", epsilon: 100, delta: 1e-2, ...privacy },
      cohort: { ...base.cohort, colludingShare: 0.2 },
      training: { rounds, learningRate: 1 },
    });
    const run = await server.coordinator.launchTask(task, 1);
    const { taskHash, invitation } = run.detail();
    expect(taskHash).toMatch(/^[0-9a-f]{64}$/);
    const invite = new URL(invitation).searchParams.get("invite")!;
    const compute = answers(task);
    const tabs = await Promise.all(
      Array.from({ length: 5 }, () => joinWith({ url: server.url, run: run.id, invite, compute })),
    );
    await Promise.all(tabs.map((tab) => tab.over));
    expect(run.detail().state).toBe("finished");
    const before = initialParameters(architectureOf(task), 1);
    const moved = Array.from(run.parameters, (x, i) => x - before[i]!);
    const { entries, problems } = await checkLedger(await server.coordinator.exportLedger());
    expect(problems).toEqual([]);
    return { moved, entries, records: run.records };
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
    vi.unstubAllEnvs();
  }
}

test("five participants' changes, rotated, noised and masked, are the model's step; both ε are in the ledger", async () => {
  const { moved, entries } = await runOfFive(1, { clipNorm: 2 });
  // Noise of about 0.1 on the mean at this ε: without the way back, the change would be spread over all coordinates.
  for (const [i, x] of moved.entries()) expect(Math.abs(x - change[i % 4]!)).toBeLessThan(0.35);
  const spent = entries.flatMap((e) => (e.kind === "charge" ? [e.privacy] : [])).at(-1)!;
  expect(spent.alone!.epsilon).toBeGreaterThan(spent.epsilon);
  expect(spent.alone!.truePositiveRate).toBeGreaterThanOrEqual(spent.truePositiveRate!);
});

test("an adaptive clip norm goes from round to round by what the sums say, in record and ledger; no tab declines", async () => {
  const { entries, records } = await runOfFive(4, { clipNorm: 0.5, clipping: "adaptive" });
  const clips = records.flatMap((record) => (record.state === "finished" && record.clip) || []);
  expect(clips).toHaveLength(4);
  expect(clips[0]!.norm).toBe(0.5);
  for (const [i, clip] of clips.slice(1).entries()) expect(clip.norm).toBe(nextClipNorm(clips[i]!));
  const announced = entries.flatMap((e) => (e.kind === "announcement" && e.question === "train" ? e.clipNorm : []));
  expect(announced).toEqual(clips.map(({ norm }) => norm));
});
