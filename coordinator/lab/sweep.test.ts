import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { curvesOf, falls } from "../../shared/lab/curves.ts";
import { asGrid, type Cell, cellsOfGrid } from "../../shared/lab/grid.ts";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import { dirichlet } from "../simulation/split.ts";
import { keyOf } from "./cell.ts";
import { csvOf } from "./csv.ts";
import { frontierOf } from "./frontier.ts";
import { heatMapOf } from "./heat-map.ts";
import { learningOf } from "./learning.ts";
import { rerun, sweep } from "./sweep.ts";
import { taskOf } from "./task-of.ts";
import { worldOf } from "./world.ts";

const draw = seededRandom(3);
const uniform = () => draw.uniform53() / 2 ** 53;
const records = Array.from({ length: 900 }, () => {
  const group = uniform() < 0.4 ? "A" : "B";
  const x = 2 * uniform() - 1 + (group === "A" ? 0.5 : 0);
  return { group, x: `${x}`, y: uniform() < 1 / (1 + Math.exp(-3 * x)) ? "yes" : "no" };
});
const base = {
  name: "simulated",
  purpose: "a small task for tests of the lab",
  data: {
    label: { column: "y", positive: "yes", negative: "no" },
    features: [{ name: "x", kind: "numeric", min: -2, max: 2 }],
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
  cohort: { minimum: 3, maximum: 10, dropoutTolerance: 0, colludingShare: 0 },
  training: { rounds: 15, learningRate: 1, momentum: 0.5 },
  fairness: { attribute: "group" },
};
const grid = asGrid({
  name: "small",
  task: "-",
  data: "-",
  split: [{ kind: "iid", participants: 8 }],
  mechanism: ["distributed", "local"],
  epsilon: [0.3, "inf"],
  seeds: [1, 2],
});
const world = { grid, base, train: records.slice(0, 700), test: records.slice(700) };
const versions = { murmur: "test" };
const inFolder = async <T>(use: (folder: string) => Promise<T>): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), "murmur-lab-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};
const run = (folder: string, onProgress: (line: string) => void = () => {}) =>
  sweep(world, { folder, versions, onProgress });

describe("a sweep", () => {
  it("gives the same table byte for byte, also where it was stopped in the middle and went on", async () => {
    const whole = await inFolder(async (folder) => csvOf(await run(folder)));
    const resumed = await inFolder(async (folder) => {
      let seen = 0;
      const stop = () => {
        if (++seen === 3) throw new Error("stopped");
      };
      await expect(run(folder, stop)).rejects.toThrow("stopped");
      expect(readdirSync(folder)).toHaveLength(3);
      const lines: string[] = [];
      const csv = csvOf(await run(folder, (line) => lines.push(line)));
      expect(lines.at(-1)).toBe("8 cells, 3 of them kept from before");
      return csv;
    });
    expect(resumed).toBe(whole);
    expect(whole.trimEnd().split("\n")).toHaveLength(9);
  });

  it("shows what noise costs: most where each participant adds the whole of it, nothing without it", async () => {
    const done = await inFolder(run);
    expect(falls(grid, done)).toEqual([]);
    // By far more than two seeds differ, and by less.
    const made = (auc: number, spread: number) =>
      done.map(({ cell, result }) => ({
        cell,
        result: { ...result, auc: (cell.epsilon === "inf" ? auc : 0.9) + spread * cell.seed },
      }));
    const fallen = ["distributed", "local"].map((label) => ({ figure: "auc", label, from: 0.3, to: "inf" }));
    expect(falls(grid, made(0.8, 0.001))).toEqual(fallen);
    expect(falls(grid, made(0.8, 0.1))).toEqual([]);
    const [distributed, local] = curvesOf(grid, done, "auc");
    expect([distributed!.label, local!.label]).toEqual(["distributed", "local"]);
    // Without noise who adds it makes no difference: the very same models.
    const model = (cell: Partial<Cell>) =>
      done.find((d) => Object.entries(cell).every(([k, v]) => d.cell[k as keyof Cell] === v))!.result.model;
    expect(model({ mechanism: "local", epsilon: "inf", seed: 1 })).toBe(
      model({ mechanism: "distributed", epsilon: "inf", seed: 1 }),
    );
    expect(model({ mechanism: "local", epsilon: 0.3, seed: 1 })).not.toBe(
      model({ mechanism: "distributed", epsilon: 0.3, seed: 1 }),
    );
    const svg = frontierOf([distributed!, local!], "auc", "a caption with <angles>");
    expect(svg).toContain("a caption with &lt;angles&gt;");
    expect(svg).not.toMatch(/NaN|undefined/);
    // Four means, and a dot for each of two names.
    expect(svg.match(/<circle /g)).toHaveLength(6);
    const map = heatMapOf([distributed!, local!], "auc", "");
    for (const { points } of [distributed!, local!])
      for (const { spread } of points) expect(map).toContain(`>${spread.mean.toFixed(3)}</text>`);
    expect(map.match(/<rect [^>]*fill="rgb/g)).toHaveLength(4);
    const learning = learningOf(grid, done, "");
    expect(learning).not.toMatch(/NaN|undefined/);
    // Two settings in each of two fields.
    expect(learning.match(/<path d="M/g)!.length).toBeGreaterThanOrEqual(8);
    for (const { result } of done) {
      expect(result.path.map(({ round }) => round)).toEqual([2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15]);
      expect(result.path.at(-1)!.accuracy).toBe(result.accuracy);
    }
  });

  it("asks a part of all and loses a part of those, each time others, and counts on no noise that is lost", async () => {
    const setting = { cohort: [4], dropouts: [0, 0.25], mechanism: ["distributed", "central"], epsilon: ["inf", 1] };
    const change = { cohort: { dropoutTolerance: 0.25 } };
    const { split, seeds } = grid;
    const drawn = asGrid({ name: "drawn", task: "-", data: "-", split, seeds, change, ...setting });
    const done = await inFolder((folder) =>
      sweep({ ...world, grid: drawn }, { folder, versions, onProgress: () => {} }),
    );
    for (const { cell, result } of done) {
      expect(result.participants).toBe(8);
      expect(result.auc).toBeGreaterThan(0.55);
      const twin = done.find(
        (d) =>
          d.cell.mechanism !== cell.mechanism &&
          ["dropouts", "epsilon", "seed"].every((k) => d.cell[k as "seed"] === cell[k as "seed"]),
      )!;
      // Where as many drop out as the task bears, the noise that is left is just a trusted server's; before, it is more.
      if (cell.epsilon === "inf" || cell.dropouts === 0.25) expect(twin.result.model).toBe(result.model);
      else expect(twin.result.model).not.toBe(result.model);
    }
    const models = (dropouts: number) => done.filter((d) => d.cell.dropouts === dropouts).map((d) => d.result.model);
    expect(models(0).filter((model) => models(0.25).includes(model))).toEqual([]);
    const small = { ...world, grid: { ...drawn, change: {} } };
    expect(() => taskOf(small, cellsOfGrid(drawn).find((c) => c.dropouts === 0.25)!)).toThrow(/dropouts: has 0.25/);
    const all = asGrid({ ...setting, name: "all", task: "-", data: "-", split, seeds, change, cohort: [9] });
    await expect(
      inFolder((folder) => sweep({ ...world, grid: all }, { folder, versions, onProgress: () => {} })),
    ).rejects.toThrow(/cohort: is 9 of 8/);
  });

  it("leaves out records that lack a cell, where it is asked to", () => {
    const holes = records.map((record, i) => (i % 10 === 0 ? { ...record, x: "?" } : record));
    const withHoles = { ...world, train: holes.slice(0, 700), test: holes.slice(700) };
    expect(worldOf(withHoles)).toBe(withHoles);
    const complete = worldOf({ ...withHoles, grid: { ...grid, complete: true } });
    expect([complete.train.length, complete.test.length]).toEqual([630, 180]);
  });

  it("says of every group how it fares", async () => {
    const { groups, accuracy } = (await inFolder(run))[0]!.result;
    const { A, B } = groups.group!;
    expect(A!.rows + B!.rows).toBe(200);
    expect((A!.rows * A!.accuracy! + B!.rows * B!.accuracy!) / 200).toBeCloseTo(accuracy, 12);
  });

  it("runs one cell again, and says whether it is what was kept", async () => {
    await inFolder(async (folder) => {
      expect((await rerun(world, 3, { folder, versions })).before).toBe("none");
      const again = await rerun(world, 3, { folder, versions });
      expect(again.before).toBe("same");
      expect(again.cell).toEqual(cellsOfGrid(grid)[2]);
      const path = join(folder, readdirSync(folder)[0]!);
      writeFileSync(path, JSON.stringify({ ...again.result, accuracy: 1 }));
      expect((await rerun(world, 3, { folder, versions })).before).toBe("other");
      await expect(rerun(world, 9, { folder, versions })).rejects.toThrow(/^--cell: is 9 of 8 cells/);
    });
  });

  it("keeps a cell under a name that follows from its setting, its task and the versions", async () => {
    const [cell, other] = cellsOfGrid(grid);
    const key = await keyOf(world, cell!, versions);
    expect(await keyOf(world, { ...cell! }, versions)).toBe(key);
    expect(await keyOf(world, other!, versions)).not.toBe(key);
    expect(await keyOf(world, cell!, { murmur: "later" })).not.toBe(key);
    const changed = { ...world, base: { ...base, training: { ...base.training, learningRate: 2 } } };
    expect(await keyOf(changed, cell!, versions)).not.toBe(key);
  });

  it("refuses what it would not play as it is", async () => {
    const withTraining = (training: object) => ({
      ...world,
      base: { ...base, training: { ...base.training, ...training } },
    });
    const cell = cellsOfGrid(grid)[0]!;
    const local = { kind: "scaffold", controlBound: 1 } as const;
    expect(() => taskOf(withTraining({ localOptimizer: "adam" }), { ...cell, unit: "participant", local })).toThrow(
      /training: has a local adam or momentum beside scaffold/,
    );
    const several = {
      ...base,
      data: { ...base.data, label: { column: "y", classes: ["yes", "no", "maybe"] }, sensitive: [] },
      model: { layers: [{ kind: "dense", outputs: 3 }] },
      fairness: {},
    };
    expect(() => taskOf({ ...world, base: several }, cell)).toThrow(/^task: has more than two outcomes/);
    expect(() => taskOf(world, { ...cell, local: { kind: "fedprox", mu: 1 } })).toThrow(/^local: fedprox is about/);
    expect(() => taskOf(world, { ...cell, stragglers: 0.5 })).toThrow(/^stragglers: do a part of/);
    expect(() => taskOf(world, { ...cell, bands: 2 })).toThrow(/^bands: are of banded noise, not of distributed/);
    const banded = { ...world, grid: asGrid({ ...grid, mechanism: ["banded"] }) };
    await expect(inFolder((folder) => sweep(banded, { folder, versions, onProgress: () => {} }))).rejects.toThrow(
      /^mechanism: need groups that take turns/,
    );
    const parts = { ...world, grid: asGrid({ ...grid, aggregation: [{ kind: "median", parts: 3 }] }) };
    await expect(inFolder((folder) => sweep(parts, { folder, versions, onProgress: () => {} }))).rejects.toThrow(
      /^aggregation: makes 3 parts of a cohort of 8/,
    );
    expect(() => taskOf(world, { ...cell, server: { kind: "qfedavg", learningRate: 1, q: 1, lossBound: 1 } })).toThrow(
      /^server: qfedavg weighs/,
    );
  });
});

it("a small alpha gives most of a label to few participants, a large one to all alike", () => {
  const largest = (alpha: number) => {
    const names = dirichlet("y", 10, alpha)(records, seededRandom(5));
    const held = new Map<string, number>();
    names.forEach((name, i) => {
      if (records[i]!.y === "yes") held.set(name, (held.get(name) ?? 0) + 1);
    });
    const all = [...held.values()];
    return Math.max(...all) / all.reduce((a, b) => a + b, 0);
  };
  expect(largest(0.05)).toBeGreaterThan(0.35);
  expect(largest(1000)).toBeLessThan(0.17);
});
