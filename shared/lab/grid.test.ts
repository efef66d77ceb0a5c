import { describe, expect, it } from "vitest";
import { InputError } from "../errors.ts";
import { asGrid, cellsOfGrid, changeOf, labelOf } from "./grid.ts";

const grid = {
  name: "small",
  task: "task.yaml",
  data: "adult",
  split: [{ kind: "iid", participants: 10 }],
  penalty: ["none", "demographic-parity"],
  epsilon: [1, "inf"],
  seeds: [1, 2, 3],
};
const problemOf = (change: object) => {
  try {
    asGrid({ ...grid, ...change });
  } catch (error) {
    return error as InputError;
  }
  return undefined;
};

describe("a grid", () => {
  it("has the product of its axes as cells, the seeds of a setting side by side", () => {
    const cells = cellsOfGrid(asGrid(grid));
    expect(cells.map((c) => `${c.penalty} ${c.epsilon} ${c.seed}`)).toEqual([
      ...[1, 2, 3].map((seed) => `none 1 ${seed}`),
      ...[1, 2, 3].map((seed) => `none inf ${seed}`),
      ...[1, 2, 3].map((seed) => `demographic-parity 1 ${seed}`),
      ...[1, 2, 3].map((seed) => `demographic-parity inf ${seed}`),
    ]);
    expect(labelOf(asGrid(grid), cells[6]!, ["epsilon"])).toBe("demographic-parity");
  });

  it("writes only what a cell says, and counts on nobody's noise where nobody has to be counted on", () => {
    const own = { ...grid, mechanism: ["central"], model: [{ hidden: [32] }] };
    const [first, last] = [cellsOfGrid(asGrid(own))[0]!, cellsOfGrid(asGrid(own)).at(-1)!];
    expect(changeOf(first)).toMatchObject({
      privacy: { epsilon: 1 },
      cohort: { dropoutTolerance: 0, colludingShare: 0 },
      model: { layers: [{ outputs: 32, activation: "relu" }, { outputs: 1 }] },
    });
    expect(changeOf(last).privacy).toEqual({});
    const local = [{ kind: "fedprox", mu: 0.1, learningRate: 0.01 }];
    const [other] = cellsOfGrid(asGrid({ ...grid, local, server: [{ kind: "fedavgm" }] }));
    expect(changeOf(other!).training).toEqual({ momentum: 0.9, localLearningRate: 0.01, localProximal: 0.1 });
  });

  it.each([
    [{ epsilon: [0] }, "epsilon.0"],
    [{ epsilon: [] }, "epsilon"],
    [{ seeds: [1, 1] }, "seeds"],
    [{ split: [{ kind: "dirichlet", column: "y", participants: 10 }] }, "split.0.alpha"],
    [{ penalty: ["fair"] }, "penalty.0"],
    [{ name: "A grid" }, "name"],
    [{ aggregation: [{ kind: "trimmed-mean", parts: 4, trim: 2 }] }, "aggregation.0.trim"],
    [{ poisoned: [{ kind: "scale", share: 0.7, factor: 2 }] }, "poisoned.0.share"],
    [{ server: [{ kind: "fedadam", beta1: 1 }] }, "server.0.beta1"],
  ])("with %j is refused, and the field named", (change, field) => {
    const problem = problemOf(change);
    expect(problem).toBeInstanceOf(InputError);
    expect(problem!.field).toBe(field);
  });

  it("that is larger than anybody means is refused", () => {
    const seeds = Array.from({ length: 10_001 }, (_, i) => i + 1);
    expect(() => cellsOfGrid(asGrid({ ...grid, seeds }))).toThrow(/^seed: makes more than 20000 cells/);
  });
});
