/** The lab plays what browsers play: twelve tabs through the real protocol and a cell of a grid, the same model bit for bit. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import { runCell } from "../coordinator/lab/cell.ts";
import { taskOf } from "../coordinator/lab/task-of.ts";
import { Engine } from "../kernels/engine.ts";
import { dawnDevice } from "../kernels/testing/dawn.ts";
import { fromHex } from "../shared/canonical.ts";
import { cellsOf, cellsPerRow } from "../shared/fairness/histogram.ts";
import { asGrid, cellsOfGrid } from "../shared/lab/grid.ts";
import { architectureOf } from "../shared/model.ts";
import { seededRandom } from "../shared/privacy/testing/seeded.ts";
import { hashParameters } from "../shared/round/0-announce.ts";
import type { RoundFacts } from "../shared/round/round.ts";
import { joinInNode } from "./node-tab.ts";
import { twoGroups, twoGroupsData } from "./two-groups.ts";

const device = await dawnDevice();

const tabs = 12;
const draw = seededRandom(8);
const uniform = () => draw.uniform53() / 2 ** 53;
const records = twoGroups(60 * tabs, uniform).map((person, i) => ({ branch: `${i % tabs}`, ...person }));
/** What of a task differs between the runs that are compared. */
const cases: Record<string, { epsilon: number; privacy?: object; training?: object }> = {
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
const base = {
  name: "equality",
  purpose: "a small task that is run by tabs and by the lab",
  data: twoGroupsData,
  model: {},
  privacy: { unit: "record", epsilon: 4, delta: 1e-5, clipNorm: 2 },
  // All twelve or nobody: who answers decides whose noise is in a sum.
  cohort: { minimum: tabs, maximum: tabs, dropoutTolerance: 0.1, colludingShare: 0.1 },
  training: { rounds: 4, learningRate: 1, momentum: 0.5 },
  fairness: { attribute: "group" },
};
function caseOf({ epsilon, ...change }: (typeof cases)[string]) {
  const grid = asGrid({
    name: "equality",
    task: "-",
    data: "-",
    change,
    split: [{ kind: "column", column: "branch" }],
    model: [{ hidden: [6] }],
    penalty: ["demographic-parity"],
    epsilon: [epsilon],
    seeds: [5],
  });
  const world = { grid, base, train: records, test: records };
  const cell = cellsOfGrid(grid)[0]!;
  return { world, cell, task: taskOf(world, cell) };
}
type Case = ReturnType<typeof caseOf>;

/** A generator for each tab, from its start. */
const randoms = () => Array.from({ length: tabs }, (_, tab) => seededRandom(1000 + tab));

/** Hashes: at participant level every vector is rotated by them. */
type Announcements = Uint8Array<ArrayBuffer>[];

async function byTheLab(
  { world, cell, task }: Case,
  announcements: Announcements,
  masked: boolean,
  generators = randoms(),
): Promise<string> {
  const sizes = { cells: cellsOf(task).length, attributes: cellsPerRow(task) };
  const engine = await Engine.create(device!, architectureOf(task), sizes);
  const { model } = await runCell(world, cell, { tabs: { engine, randoms: generators, masked, announcements } });
  engine.dispose();
  return model;
}

async function byTabs({ cell, task }: Case): Promise<{ model: string; announcements: Announcements }> {
  const folder = mkdtempSync(join(tmpdir(), "murmur-"));
  const server = await serve({ port: 0, dataDir: join(folder, "data") });
  const run = await server.coordinator.launchTask(task, cell.seed);
  const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
  const columns = Object.keys(records[0]!) as (keyof (typeof records)[number])[];
  const announcements: Announcements = [];
  const joined = await Promise.all(
    randoms().map((random, tab) => {
      const own = records.filter(({ branch }) => branch === `${tab}`);
      const csv = [columns.join(","), ...own.map((record) => columns.map((c) => record[c]).join(","))].join("\n");
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
    expect(await byTheLab(played, announcements, false)).toBe(model);
    expect(await byTheLab(played, announcements, true)).toBe(model);
    // Who draws other noise comes to another model, so the equality is not of something that no noise reaches.
    const other = randoms().map((random, tab) => (tab === 3 ? seededRandom(1) : random));
    expect(await byTheLab(played, announcements, false, other)).not.toBe(model);
  },
);
