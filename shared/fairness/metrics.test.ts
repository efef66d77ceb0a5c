import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InputError } from "../errors.ts";
import { generalizedEntropyIndex, theilIndex } from "./individual-metrics.ts";
import { difference, fairnessMetrics, type Method, ratio } from "./metrics.ts";
import { intersections } from "./predictions.ts";
import { classImbalance, signedMetrics } from "./signed-metrics.ts";
import vectors from "./vectors/fairness-vectors.json" with { type: "json" };

/** The vectors' `inputs` and `expect` differ from case to case; only what a test names is read. */
interface Case {
  id: string;
  inputs: {
    y_true: number[];
    y_pred: number[];
    sensitive: Record<string, (string | number)[]>;
    privileged: string | number;
    sample_weight: number[];
  };
  expect: Record<string, unknown>;
  tolerance: number;
}

const caseOf = (id: string): Case => (vectors.cases as unknown as Case[]).find((c) => c.id.startsWith(`${id}-`))!;
const columnsOf = ({ inputs }: Case) => Object.values(inputs.sensitive).map((column) => column.map(String));
const predictionsOf = (c: Case) => ({
  yTrue: c.inputs.y_true,
  yPred: c.inputs.y_pred,
  groups: intersections(columnsOf(c)),
});
const expectNear = (actual: number | null, expected: unknown) => {
  expect(actual).not.toBeNull();
  expect(Math.abs(actual! - (expected as number))).toBeLessThan(1e-9);
};

const camel = (name: string) => name.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());

describe("Fairlearn and AIF360 vectors", () => {
  const p01 = caseOf("P01");
  it.each(Object.entries(p01.expect))("P01 %s", (key, expected) => {
    const [name, ...options] = key.split(":");
    const method = options.at(-1) as Method;
    const { overall, byGroup } = fairnessMetrics(predictionsOf(p01));
    const of = (rate: "selectionRate" | "truePositiveRate" | "falsePositiveRate") =>
      (name!.endsWith("ratio") ? ratio : difference)(
        Object.values(byGroup).map((g) => g[rate]),
        overall[rate],
        method,
      )!;
    const odds = [of("truePositiveRate"), of("falsePositiveRate")] as const;
    const found = name!.startsWith("demographic")
      ? of("selectionRate")
      : name!.startsWith("equal_opportunity")
        ? odds[0]
        : options[0] === "mean"
          ? (odds[0] + odds[1]) / 2
          : (name!.endsWith("ratio") ? Math.min : Math.max)(...odds);
    expectNear(found, expected);
    // What the command prints is the same, where it prints it.
    const printed = fairnessMetrics(predictionsOf(p01));
    if (options[0] === "mean" && method === "between_groups" && name === "equalized_odds_difference")
      expectNear(printed.meanOddsDifference, expected);
    if (options[0] === "mean") return;
    const block = method === "to_overall" ? printed.toOverall : printed;
    const value = block[camel(name!) as keyof typeof block];
    if (value !== undefined) expectNear(value as number | null, expected);
  });

  it("P02 MetricFrame: by group, overall, extremes, differences and ratios to overall", () => {
    const p02 = caseOf("P02");
    const names = {
      tpr: "truePositiveRate",
      fpr: "falsePositiveRate",
      sel: "selectionRate",
      count: "count",
    } as const;
    const { overall, byGroup } = fairnessMetrics(predictionsOf(p02));
    const expected = p02.expect as Record<string, Record<keyof typeof names, number>> & {
      by_group: Record<string, Record<keyof typeof names, number>>;
    };
    for (const key of Object.keys(names) as (keyof typeof names)[]) {
      const values = Object.values(byGroup).map((group) => group[names[key]]);
      expectNear(overall[names[key]], expected.overall![key]);
      for (const [group, figures] of Object.entries(expected.by_group))
        expectNear(byGroup[group]![names[key]], figures[key]);
      expectNear(Math.min(...(values as number[])), expected.group_min![key]);
      expectNear(Math.max(...(values as number[])), expected.group_max![key]);
      expectNear(difference(values, overall[names[key]], "to_overall"), expected.difference_to_overall![key]);
      expectNear(ratio(values, overall[names[key]], "to_overall"), expected.ratio_to_overall![key]);
    }
  });

  it("P03 intersections of two columns", () => {
    const p03 = caseOf("P03");
    const { overall, byGroup } = fairnessMetrics(predictionsOf(p03));
    const expected = p03.expect as {
      by_intersection: Record<string, Record<string, number>>;
      overall: Record<string, number>;
    };
    expect(Object.keys(byGroup).sort()).toEqual(Object.keys(expected.by_intersection).sort());
    for (const [group, figures] of Object.entries({ ...expected.by_intersection, overall: expected.overall })) {
      const own = group === "overall" ? overall : byGroup[group]!;
      expectNear(own.precision, figures.precision);
      expectNear(own.truePositiveRate, figures.recall);
      expect(own.count).toBe(figures.count);
    }
  });

  it.each([
    ["P04", ["all"]],
    ["P05", ["label=0", "label=1"]],
  ])("%s the violations of Fairlearn's reductions", (id, events) => {
    const c = caseOf(id);
    const [groups] = columnsOf(c);
    const { overall, byGroup } = fairnessMetrics(predictionsOf(c));
    for (const event of events) {
      const rate = event === "all" ? "selectionRate" : event === "label=1" ? "truePositiveRate" : "falsePositiveRate";
      for (const group of new Set(groups)) {
        const gamma = byGroup[group]![rate]! - overall[rate]!;
        expectNear(gamma, c.expect[`+|${event}|${group}`]);
        expectNear(-gamma, c.expect[`-|${event}|${group}`]);
      }
    }
  });

  it("P06 AIF360's signed metrics", () => {
    const p06 = caseOf("P06");
    const metrics = signedMetrics(predictionsOf(p06), String(p06.inputs.privileged));
    for (const [name, expected] of Object.entries(p06.expect))
      expectNear(metrics[camel(name) as keyof typeof metrics], expected);
  });

  it("P07 selection rates and their ratio below four fifths", () => {
    const p07 = caseOf("P07");
    const { byGroup, demographicParityRatio } = fairnessMetrics(predictionsOf(p07));
    for (const [group, figures] of Object.entries(p07.expect.by_group as Record<string, Record<string, number>>)) {
      expectNear(byGroup[group]!.selectionRate, figures.sel);
      expect(byGroup[group]!.count).toBe(figures.count);
    }
    expectNear(demographicParityRatio, p07.expect.demographic_parity_ratio);
    expect(demographicParityRatio! < 0.8).toBe(p07.expect.four_fifths_flag);
  });

  it("P08 generalized entropy and Theil index", () => {
    const { inputs, expect: expected } = caseOf("P08");
    expectNear(generalizedEntropyIndex(inputs.y_true, inputs.y_pred), expected.generalized_entropy_index_alpha2);
    expectNear(theilIndex(inputs.y_true, inputs.y_pred), expected.theil_index);
  });

  it("P09 weighted class imbalance", () => {
    const p09 = caseOf("P09");
    const [groups] = columnsOf(p09);
    expectNear(classImbalance(groups!, "1", p09.inputs.sample_weight), p09.expect.class_imbalance);
    expectNear(classImbalance(groups!, "0", p09.inputs.sample_weight), p09.expect.class_imbalance_priv0);
  });
});

describe("what cannot be known is null", () => {
  it("leaves a group without positives out of the true positive gap, and says so", () => {
    const metrics = fairnessMetrics({
      yTrue: [1, 0, 1, 0, 0, 0],
      yPred: [1, 0, 0, 0, 1, 0],
      groups: ["a", "a", "b", "b", "c", "c"],
    });
    expect(metrics.byGroup.c!.truePositiveRate).toBeNull();
    expect(metrics.equalOpportunityDifference).toBe(1);
    expect(metrics.excluded).toEqual({ truePositiveRate: ["c"] });
    expect(metrics.aucGap).toBeNull();
  });

  it("has no gap with fewer than two groups, and no ratio of nothing to nothing", () => {
    const one = fairnessMetrics({ yTrue: [1, 0], yPred: [1, 0], groups: ["a", "a"] });
    expect(one.demographicParityDifference).toBeNull();
    const none = fairnessMetrics({ yTrue: [1, 0, 1, 0], yPred: [0, 0, 0, 0], groups: ["a", "a", "b", "b"] });
    expect(none.demographicParityDifference).toBe(0);
    expect(none.demographicParityRatio).toBeNull();
    expect(none.overall.precision).toBeNull();
  });

  it("counts an undisclosed row overall only", () => {
    const metrics = fairnessMetrics({ yTrue: [1, 0, 1], yPred: [1, 0, 0], groups: ["a", "b", null] });
    expect(metrics.overall.count).toBe(3);
    expect(metrics.undisclosed).toBe(1);
    expect(Object.keys(metrics.byGroup)).toEqual(["a", "b"]);
  });
});

const row = fc.record({
  y: fc.constantFrom(0, 1),
  score: fc.integer({ min: 0, max: 8 }).map((x) => x / 8),
  group: fc.constantFrom("a", "b", "c"),
  weight: fc.integer({ min: 0, max: 3 }),
});
const table = fc.array(row, { minLength: 1, maxLength: 60 });
const asPredictions = (rows: { y: number; score: number; group: string; weight: number }[]) => ({
  yTrue: rows.map((r) => r.y),
  score: rows.map((r) => r.score),
  groups: rows.map((r) => r.group),
  weights: rows.map((r) => r.weight),
});

describe("properties", () => {
  it("a weight of w is w copies of the row", () => {
    fc.assert(
      fc.property(table, (rows) => {
        const copies = rows.flatMap((r) => Array.from({ length: r.weight }, () => ({ ...r, weight: 1 })));
        fc.pre(copies.length > 0);
        const weighted = fairnessMetrics(asPredictions(rows));
        const repeated = fairnessMetrics(asPredictions(copies));
        for (const rate of ["selectionRate", "truePositiveRate", "accuracy", "precision", "auc"] as const) {
          if (repeated.overall[rate] === null) expect(weighted.overall[rate]).toBeNull();
          else expectNear(weighted.overall[rate], repeated.overall[rate]);
        }
      }),
      { seed: 20261, numRuns: 200 },
    );
  });

  it("AUC is the share of won pairs, ties half; every figure is finite or null", () => {
    fc.assert(
      fc.property(table, (rows) => {
        const metrics = fairnessMetrics(asPredictions(rows));
        let [wins, pairs] = [0, 0];
        for (const p of rows.filter((r) => r.y === 1)) {
          for (const n of rows.filter((r) => r.y === 0)) {
            pairs += p.weight * n.weight;
            wins += p.weight * n.weight * (p.score > n.score ? 1 : p.score === n.score ? 0.5 : 0);
          }
        }
        if (pairs === 0) expect(metrics.overall.auc).toBeNull();
        else expectNear(metrics.overall.auc, wins / pairs);
        const text = JSON.stringify(metrics, (_, value) =>
          typeof value === "number" && !Number.isFinite(value) ? "bad" : value,
        );
        expect(text).not.toContain("bad");
      }),
      { seed: 20262, numRuns: 200 },
    );
  });
});

describe("bad input", () => {
  const good = { yTrue: [1, 0], yPred: [1, 0], groups: ["a", "b"] };
  it.each([
    ["yTrue", { ...good, yTrue: [2, 0] }],
    ["yTrue", { ...good, yTrue: [], yPred: [], groups: [] }],
    ["yPred", { ...good, yPred: [0.5, 0] }],
    ["yPred", { yTrue: [1, 0], groups: ["a", "b"] }],
    ["groups", { ...good, groups: ["a"] }],
    ["score", { ...good, score: [Number.NaN, 0] }],
    ["weights", { ...good, weights: [-1, 0] }],
  ])("names %s", (field, predictions) => {
    expect(() => fairnessMetrics(predictions)).toThrow(InputError);
    expect(() => fairnessMetrics(predictions)).toThrow(new RegExp(`^${field}:`));
  });
});
