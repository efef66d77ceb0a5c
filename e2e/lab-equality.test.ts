/** The lab plays what tabs play: twelve of them through the real protocol and a cell of a grid, the same model bit for bit. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import { dawnDevice } from "../kernels/testing/dawn.ts";
import { fromHex } from "../shared/canonical.ts";
import { seededRandom } from "../shared/privacy/testing/seeded.ts";
import { hashParameters } from "../shared/round/0-announce.ts";
import type { RoundFacts } from "../shared/round/round.ts";
import { type Announcements, byTheLab, type Case, caseOf, csvOf, type Difference, tabs } from "./equality.ts";
import { joinInNode } from "./node-tab.ts";

const device = await dawnDevice();

const cases: Record<string, Difference> = {
  "a record": { epsilon: 4 },
  "a record, of samples of rows": { epsilon: 4, privacy: { sampleRate: 0.5 } },
  "a participant, whose clip norm moves": {
    epsilon: 50,
    privacy: { unit: "participant", clipping: "adaptive", clipNorm: 1 },
    training: { localEpochs: 2, localBatch: 16, localMomentum: 0.5, localProximal: 0.1 },
  },
  "a participant, who has Adam": {
    epsilon: 50,
    privacy: { unit: "participant", clipNorm: 1 },
    training: { localOptimizer: "adam", localLearningRate: 0.01 },
  },
};

/** A generator for each tab, from its start. */
const randoms = () => Array.from({ length: tabs }, (_, tab) => seededRandom(1000 + tab));

async function byTabs({ cell, task }: Case): Promise<{ model: string; announcements: Announcements }> {
  const folder = mkdtempSync(join(tmpdir(), "murmur-"));
  const server = await serve({ port: 0, dataDir: join(folder, "data") });
  const run = await server.coordinator.launchTask(task, cell.seed);
  const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
  const announcements: Announcements = [];
  const joined = await Promise.all(
    randoms().map((random, tab) => {
      const csv = csvOf(tab);
      const events =
        tab === 0 ? { onResult: (facts: RoundFacts) => void announcements.push(fromHex(facts.announcementHash)) } : {};
      return joinInNode({ url: server.url, run: run.id, invite, task, csv, device: device!, random, events });
    }),
  );
  await Promise.all(joined.map((tab) => tab.over));
  const { state, rounds } = run.detail();
  const model = await hashParameters(run.parameters);
  await server.close();
  expect(state).toBe("finished");
  expect(rounds.map(({ survivors }) => survivors)).toEqual(Array(task.training.rounds + 2).fill(tabs));
  return { model, announcements };
}

test.skipIf(!device).each(Object.keys(cases))(
  "twelve real tabs and the lab, with masks and without, come to the same model: ε of %s",
  async (name) => {
    const played = caseOf(cases[name]!);
    const { model, announcements } = await byTabs(played);
    expect(await byTheLab(device!, played, randoms(), { announcements, masked: false })).toBe(model);
    expect(await byTheLab(device!, played, randoms(), { announcements, masked: true })).toBe(model);
    // Who draws other noise comes to another model, so the equality is not of something that no noise reaches.
    const other = randoms().map((random, tab) => (tab === 3 ? seededRandom(1) : random));
    expect(await byTheLab(device!, played, other, { announcements, masked: false })).not.toBe(model);
  },
);
