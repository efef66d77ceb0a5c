/** The lab plays what browsers play: twelve tabs through the real protocol and one cell of a grid, the same model bit for bit. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { serve } from "../coordinator/command/serve.ts";
import { runCell } from "../coordinator/lab/cell.ts";
import { taskOf } from "../coordinator/lab/task-of.ts";
import { Engine } from "../kernels/engine.ts";
import { dawnDevice } from "../kernels/testing/dawn.ts";
import { cellsOf, cellsPerRow } from "../shared/fairness/histogram.ts";
import { asGrid, cellsOfGrid } from "../shared/lab/grid.ts";
import { architectureOf } from "../shared/model.ts";
import { seededRandom } from "../shared/privacy/testing/seeded.ts";
import { hashParameters } from "../shared/round/0-announce.ts";
import { joinInNode } from "./node-tab.ts";

const device = await dawnDevice();

const tabs = 12;
const draw = seededRandom(8);
const uniform = () => draw.uniform53() / 2 ** 53;
const records = Array.from({ length: 60 * tabs }, (_, i) => {
  const group = uniform() < 0.4 ? "A" : "B";
  const x = 2 * uniform() - 1 + (group === "A" ? 0.5 : 0);
  const colour = uniform() < 0.5 ? "red" : "blue";
  return { branch: `${i % tabs}`, group, x: `${x}`, colour, y: uniform() < 1 / (1 + Math.exp(-3 * x)) ? "yes" : "no" };
});
const grid = asGrid({
  name: "equality",
  task: "-",
  data: "-",
  split: [{ kind: "column", column: "branch" }],
  model: [{ hidden: [6] }],
  penalty: ["demographic-parity"],
  epsilon: [4],
  seeds: [5],
});
const base = {
  name: "equality",
  purpose: "a small task that is run by tabs and by the lab",
  data: {
    label: { column: "y", positive: "yes", negative: "no" },
    features: [
      { name: "x", kind: "numeric", min: -2, max: 2 },
      { name: "colour", kind: "categorical", values: ["red", "blue"] },
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
  privacy: { unit: "record", epsilon: 4, delta: 1e-5, clipNorm: 2 },
  // All twelve or nobody: who answers decides whose noise is in a sum.
  cohort: { minimum: tabs, maximum: tabs, dropoutTolerance: 0.1, colludingShare: 0.1 },
  training: { rounds: 4, learningRate: 1, momentum: 0.5 },
  fairness: { attribute: "group" },
};
const world = { grid, base, train: records, test: records };
const cell = cellsOfGrid(grid)[0]!;
const task = taskOf(world, cell);
/** A generator for each tab, from its start. */
const randoms = () => Array.from({ length: tabs }, (_, tab) => seededRandom(1000 + tab));

async function byTheLab(masked: boolean, generators = randoms()): Promise<string> {
  const sizes = { cells: cellsOf(task).length, attributes: cellsPerRow(task) };
  const engine = await Engine.create(device!, architectureOf(task), sizes);
  const { model } = await runCell(world, cell, { engine, randoms: generators, masked });
  engine.dispose();
  return model;
}

test.skipIf(!device)("twelve real tabs and the lab, with masks and without, come to the same model", async () => {
  const folder = mkdtempSync(join(tmpdir(), "murmur-"));
  const server = await serve({ port: 0, dataDir: join(folder, "data") });
  const run = await server.coordinator.launchTask(task, cell.seed);
  const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
  const columns = Object.keys(records[0]!) as (keyof (typeof records)[number])[];
  const joined = await Promise.all(
    randoms().map((random, tab) => {
      const own = records.filter(({ branch }) => branch === `${tab}`);
      const csv = [columns.join(","), ...own.map((record) => columns.map((c) => record[c]).join(","))].join("\n");
      return joinInNode({ url: server.url, run: run.id, invite, task, csv, device: device!, random });
    }),
  );
  await Promise.all(joined.map((tab) => tab.over));
  const { state, rounds } = run.detail();
  const byTabs = await hashParameters(run.parameters);
  await server.close();
  expect(state).toBe("finished");
  expect(rounds.map(({ survivors }) => survivors)).toEqual(Array(task.training.rounds + 2).fill(tabs));
  expect(await byTheLab(false)).toBe(byTabs);
  expect(await byTheLab(true)).toBe(byTabs);
  // Who draws other noise comes to another model, so the equality is not of something that no noise reaches.
  const other = randoms().map((random, tab) => (tab === 3 ? seededRandom(1) : random));
  expect(await byTheLab(false, other)).not.toBe(byTabs);
});
