import { describe, expect, it } from "vitest";
import { type Architecture, initialParameters, layersOf, parameterCount } from "./model.ts";
import { predict } from "./predict.ts";

const images: Architecture = {
  inputShape: [5, 4, 1],
  layers: [
    { kind: "conv2d", channels: 2, size: 2, activation: "relu" },
    { kind: "max-pool2d", size: 2 },
    { kind: "dense", outputs: 3, activation: "none" },
  ],
};

describe("a declared list of layers", () => {
  it("has the shapes and offsets of one flat vector", () => {
    expect(layersOf(images).map(({ outputShape, weights, bias }) => ({ outputShape, weights, bias }))).toEqual([
      { outputShape: [4, 3, 2], weights: 0, bias: 8 },
      { outputShape: [2, 1, 2], weights: 10, bias: 10 },
      { outputShape: [3], weights: 10, bias: 22 },
    ]);
    expect(parameterCount(images)).toBe(25);
    expect(initialParameters(images, 1)).toHaveLength(25);
  });

  it("predicts as by hand", () => {
    const one: Architecture = {
      inputShape: [2, 2, 1],
      layers: [
        { kind: "conv2d", channels: 1, size: 1, activation: "none" },
        { kind: "max-pool2d", size: 2 },
        { kind: "dense", outputs: 1, activation: "none" },
      ],
    };
    // (−1·x + 10), the largest, then ·3 + 4
    expect(predict(one, [-1, 10, 3, 4], Float32Array.of(5, 6, 7, 8, 1, 2, 3, 4))).toEqual(Float64Array.of(19, 31));
  });

  it("refuses what does not fit, and names the layer", () => {
    const [convolution, pool, dense] = images.layers as [
      Architecture["layers"][0],
      Architecture["layers"][0],
      Architecture["layers"][0],
    ];
    const of = (inputShape: number[], ...layers: Architecture["layers"]) => layersOf({ inputShape, layers });
    expect(() => of([9], convolution, pool, dense)).toThrow("layers.0: is conv2d, which sees images");
    expect(() => of([1, 4, 1], convolution, pool, dense)).toThrow("layers.0.size: is 2 for an image of 1 × 4");
    expect(() => of([5, 4, 1], convolution, dense)).toThrow("layers.1: is dense, right behind a conv2d");
    expect(() => of([5, 4, 1], pool)).toThrow("layers: end without logits");
  });
});
