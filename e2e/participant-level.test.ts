/** Participant level through a real coordinator, without an adapter: what is rotated in the tabs comes back in the model. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import { fromHex } from "../shared/canonical.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { architectureOf, initialParameters } from "../shared/model.ts";
import { addNoise } from "../shared/privacy/discrete-gaussian.ts";
import { encodeParticipant } from "../shared/privacy/encode.ts";
import { rotationSigns } from "../shared/privacy/hadamard.ts";
import { RandomSource } from "../shared/privacy/random.ts";
import { segment } from "../shared/questions/layout.ts";
import { layoutOf } from "../shared/questions/question.ts";
import { asTask, type Task } from "../shared/task.ts";
import { type Compute, joinWith } from "./node-tab.ts";
import { smallTask } from "./small-task.ts";

/** Every tab's model change. */
const change = [0.6, -0.5, 0.4, 0.2];

function answers(task: Task): Compute {
  const random = new RandomSource();
  return async ({ kind }, parameters, announcementHash) => {
    const layout = layoutOf(kind, task);
    const vector = new Float64Array(layout.dimension);
    if (kind === "train")
      for (let i = 0; i < parameters.length; i++) vector[segment(layout, "update").offset + i] = change[i % 4]!;
    const signs = await rotationSigns(fromHex(announcementHash), layout.dimension);
    const encoded = encodeParticipant(vector, layout, signs, random);
    return (plan) => addNoise(encoded, plan.localVariance, random);
  };
}

test("five participants' changes, rotated, noised and masked, are the model's step; both ε are in the ledger", async () => {
  vi.stubEnv("MURMUR_LOG", "silent");
  const folder = mkdtempSync(join(tmpdir(), "murmur-participant-"));
  const server = await serve({ port: 0, dataDir: join(folder, "data") });
  try {
    const base = smallTask(1);
    const task = asTask({
      ...base,
      privacy: { unit: "participant", epsilon: 100, delta: 1e-2, clipNorm: 2 },
      cohort: { ...base.cohort, colludingShare: 0.2 },
      training: { rounds: 1, learningRate: 1 },
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
    // Noise of about 0.1 on the mean at this ε: without the way back, the change would be spread over all coordinates.
    for (const [i, x] of moved.entries()) expect(Math.abs(x - change[i % 4]!)).toBeLessThan(0.35);
    const { entries, problems } = await checkLedger(await server.coordinator.exportLedger());
    expect(problems).toEqual([]);
    const spent = entries.flatMap((e) => (e.kind === "charge" ? [e.privacy] : [])).at(-1)!;
    expect(spent.alone!.epsilon).toBeGreaterThan(spent.epsilon);
    expect(spent.alone!.truePositiveRate).toBeGreaterThanOrEqual(spent.truePositiveRate!);
  } finally {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
    vi.unstubAllEnvs();
  }
});
