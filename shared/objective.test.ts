import { expect, it } from "vitest";
import { fairTask } from "./fairness/testing/histograms.ts";
import { architectureOf, parameterCount } from "./model.ts";
import { featureGroups, groupLassoNorm, objectiveTerms } from "./objective.ts";

const mixed = fairTask({}, { objective: { privacy: 1, fairness: 2, transparency: 0.5, compliance: 3 } });
mixed.data.features = [
  { name: "age", kind: "numeric", min: 0, max: 100, scale: "linear", missing: [] },
  { name: "job", kind: "categorical", values: ["a", "b", "c"] },
];

const hidden = { kind: "dense", activation: "relu" } as const;

it("groups the first layer by feature, one-hot columns together", () => {
  expect(featureGroups(mixed)).toEqual([
    { start: 0, end: 1 },
    { start: 1, end: 4 },
  ]);
  const deep = { ...mixed, model: { layers: [{ ...hidden, outputs: 2 }, ...mixed.model.layers] } };
  expect(featureGroups(deep)).toEqual([
    { start: 0, end: 2 },
    { start: 2, end: 8 },
  ]);
});

it("takes the group-lasso norm Σ √p·‖W‖₂, biases and later layers left out", () => {
  expect(groupLassoNorm(mixed, Float32Array.of(-2, 3, 0, 4, 100))).toBeCloseTo(2 + Math.sqrt(3) * 5, 6);
  const deep = { ...mixed, model: { layers: [{ ...hidden, outputs: 2 }, ...mixed.model.layers] } };
  const parameters = new Float32Array(parameterCount(architectureOf(deep))).fill(9);
  parameters.fill(0, 0, 8);
  expect(groupLassoNorm(deep, parameters)).toBe(0);
});

it("weighs the five terms with the task's α", () => {
  const terms = objectiveTerms(mixed, {
    loss: 0.4,
    epsilonSpent: 1,
    gap: -0.2,
    parameters: Float32Array.of(1, 0, 0, 0, 0),
    compliance: 0.1,
  });
  expect(terms).toMatchObject({ loss: 0.4, privacy: 0.5, transparency: 1, compliance: 0.1 });
  expect(terms.fairness).toBeCloseTo(0.02, 12);
  expect(terms.total).toBeCloseTo(0.4 + 1 * 0.5 + 2 * 0.02 + 0.5 * 1 + 3 * 0.1, 12);
});
