/**
 * What the fairness tables are for: the gradients that tabs send, each from its own rows and the same table, add up to
 * the gradient of the penalised loss on all rows together, however the rows are split, even one group a tab. A penalty
 * on each tab's own gap does not, and cannot.
 */
import { afterAll, describe, expect, it } from "vitest";
import { constraintsOf } from "../shared/fairness/constraints.ts";
import { initialController, stepController } from "../shared/fairness/controller.ts";
import { binCentre, binOf, scoreBins, type Witness } from "../shared/fairness/histogram.ts";
import { penalties } from "../shared/fairness/penalties.ts";
import { functionals, type Mass } from "../shared/fairness/testing/functionals.ts";
import { fairTask, histogramOf } from "../shared/fairness/testing/histograms.ts";
import { architectureOf } from "../shared/model.ts";
import type { PenaltyName, Task } from "../shared/task.ts";
import { Engine, type Rows } from "./engine.ts";
import { dawnDevice } from "./testing/dawn.ts";
import { featuresOf, plainSum } from "./testing/reference.ts";
import { randomSource, range, tables } from "./testing/rows.ts";

const device = await dawnDevice();
afterAll(() => device?.destroy());

const width = 6;
const count = 240;
const random = randomSource(77);
const parameters = Float32Array.from({ length: width + 1 }, (_, i) => (i === width - 1 ? 1 : 2 * random() - 1));
/** Rows whose logits stand at bin centres, where a table is exact; group, second attribute and label go with the score. */
const rows: Rows = (() => {
  const features = new Float32Array(count * width);
  const labels = new Uint8Array(count);
  const cells = new Uint8Array(2 * count);
  for (let row = 0; row < count; row++) {
    const own = features.subarray(row * width, (row + 1) * width);
    let z = parameters[width]!;
    for (let i = 0; i < width - 1; i++) {
      own[i] = 2 * random() - 1;
      z += own[i]! * parameters[i]!;
    }
    const cell = random() < 0.4 ? 0 : 1;
    const bin = Math.min(scoreBins.count - 1, Math.floor(3 + 8 * random() + (cell === 0 ? 2 : 0)));
    own[width - 1] = binCentre(bin) - z;
    labels[row] = random() < (cell === 0 ? 0.6 : 0.35) ? 1 : 0;
    cells.set([cell, 2 + Math.floor(3 * random())], 2 * row);
  }
  return { count, features, labels, cells };
})();
const logit = (row: number, w: ArrayLike<number>) =>
  featuresOf(rows, row).reduce((z, x, i) => z + x * w[i]!, w[width]!);
const everyone = [...range(count)];

const histogram = (members: readonly number[]) =>
  histogramOf(
    members.flatMap((row) =>
      [0, 1].map((a) => ({ cell: rows.cells[2 * row + a]!, label: rows.labels[row]!, logit: logit(row, parameters) })),
    ),
    tables.cells,
  );

/** The table and the multipliers that a controller draws from some rows; no slope is cut off. */
function controlled(task: Task, members: readonly number[]) {
  const measured = { histogram: histogram(members), noise: 0, groupLabelCounts: undefined };
  return stepController(task, initialController(task), measured, {
    largestSlope: 1e6,
    memory: 0.5,
  });
}

/** Mean cross-entropy of all rows plus Σ μ·F, by the rows' own scores at parameters w. */
function centralLoss(task: Task, multipliers: readonly number[], w: ArrayLike<number>): number {
  const masses: (Mass & { cells: readonly number[] })[] = everyone.map((row) => {
    const label = rows.labels[row] as 0 | 1;
    const bin = binOf(logit(row, parameters));
    return { label, bin, logit: logit(row, w), mass: 1, cells: [rows.cells[2 * row]!, rows.cells[2 * row + 1]!] };
  });
  const loss = masses.reduce((sum, m) => sum + Math.log1p(Math.exp(m.label === 1 ? -m.logit : m.logit)), 0) / count;
  return constraintsOf(task, Array(tables.cells).fill(1), 0).reduce((sum, { name, part, a, b }, i) => {
    const penalty = name.slice(0, name.indexOf(" ")) as Exclude<PenaltyName, "none">;
    const functional = functionals[penalty][penalties[penalty].parts.indexOf(part)]!;
    const side = (cells: readonly number[]) => masses.filter((m) => m.cells.some((cell) => cells.includes(cell)));
    return sum + multipliers[i]! * functional(side(a), side(b), 0);
  }, loss);
}

function centralGradient(task: Task): number[] {
  const multipliers = controlled(task, everyone).constraints.map((c) => c.multiplier);
  const step = 1e-4;
  return Array.from(parameters, (_, i) => {
    const at = (by: number) =>
      centralLoss(
        task,
        multipliers,
        Array.from(parameters, (x, j) => (j === i ? x + by : x)),
      );
    return (at(step) - at(-step)) / (2 * step);
  });
}

/** Ways to share the rows out among tabs. */
const splits: Record<string, number[][]> = {
  "one tab": [everyone],
  "seven tabs at random": everyone.reduce<number[][]>(
    (parts, row) => {
      parts[Math.floor(7 * random())]!.push(row);
      return parts;
    },
    Array.from({ length: 7 }, () => []),
  ),
  "one group a tab": [0, 1].map((cell) => everyone.filter((row) => rows.cells[2 * row] === cell)),
  "one group and label a tab": [0, 1, 2, 3].map((part) =>
    everyone.filter((row) => 2 * rows.cells[2 * row]! + rows.labels[row]! === part),
  ),
  "one row a tab": everyone.map((row) => [row]),
};

const architecture = architectureOf(fairTask());
const referenceSum = (members: readonly number[], witness: Witness) =>
  plainSum(architecture, parameters, rows, members, witness);
const largestDifference = (x: readonly number[], y: readonly number[]) =>
  Math.max(...x.map((value, i) => Math.abs(value - y[i]!)));

/** Mean over all rows of what the tabs send, each by the table it is given. */
function federated(parts: number[][], witnessOf: (members: number[]) => Witness): number[] {
  const total = new Array<number>(width + 1).fill(0);
  for (const members of parts) {
    referenceSum(members, witnessOf(members)).forEach((value, i) => {
      total[i]! += value / count;
    });
  }
  return total;
}

/** One penalty on two groups, with the same on three groups of another attribute, each held to the others. */
const penalised = (penalty: PenaltyName) =>
  fairTask({
    penalty,
    groups: undefined,
    topShare: undefined,
    also: [{ penalty, attribute: "h" }],
  });

describe.each(Object.keys(penalties) as Exclude<PenaltyName, "none">[])("%s", (penalty) => {
  const task = penalised(penalty);
  const central = centralGradient(task);
  const { witness } = controlled(task, everyone);

  it.each(Object.entries(splits))("tabs add up to the central gradient within 1e-4: %s", (_, parts) => {
    expect(
      largestDifference(
        federated(parts, () => witness),
        central,
      ),
    ).toBeLessThan(1e-4);
  });

  it.skipIf(device === undefined)("so do the kernels' sums, one group a tab", async () => {
    const engine = await Engine.create(device!, architecture, tables);
    engine.load(rows);
    const total = new Array<number>(width + 1).fill(0);
    // No row's gradient is as long as this, so none is clipped; 2⁻¹⁴ a row is what rounding can add.
    const clip = { norm: 128, unit: 2 ** 14 };
    for (const members of splits["one group a tab"]!) {
      const { gradient } = await engine.privateSum(parameters, Uint32Array.from(members), witness, clip);
      gradient.forEach((value, i) => {
        total[i]! += value / clip.unit / count;
      });
    }
    engine.dispose();
    expect(largestDifference(total, central)).toBeLessThan(1e-4);
  });

  it("the naive way, a penalty on each tab's own gap, fails this very test", () => {
    const own = (members: number[]) => controlled(task, members).witness;
    for (const name of ["seven tabs at random", "one group a tab", "one row a tab"])
      expect(largestDifference(federated(splits[name]!, own), central), name).toBeGreaterThan(1e-3);
  });
});
