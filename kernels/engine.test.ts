import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { binOf, binWidth, scoreBins } from "../shared/fairness/histogram.ts";
import { forwardRow } from "../shared/forward.ts";
import type { LayerSpec, PlainActivation } from "../shared/layers.ts";
import { type Architecture, frozenCount, layersOf, operationsOf, parameterCount } from "../shared/model.ts";
import { type Clip, Engine, type Rows } from "./engine.ts";
import type { Optimizer } from "./optimizer/optimizer.ts";
import { dawnDevice, gpuOf } from "./testing/dawn.ts";
import {
  activations,
  clippedSum,
  featuresOf,
  interpolate,
  lossGradient,
  plainSum,
  rowGradient,
} from "./testing/reference.ts";
import {
  madeUpParameters,
  madeUpRows,
  madeUpTokens,
  madeUpWitness,
  perceptron,
  randomSource,
  range,
  shuffled,
  tables,
} from "./testing/rows.ts";

const device = await dawnDevice();
afterAll(() => device?.destroy());
const withDevice = describe.skipIf(device === undefined);

const convolutions: Architecture = {
  inputShape: [9, 8, 2],
  layers: [
    { kind: "conv2d", channels: 5, size: 3, activation: "tanh" },
    { kind: "max-pool2d", size: 2 },
    { kind: "conv2d", channels: 3, size: 2, activation: "relu" },
    { kind: "max-pool2d", size: 1 },
    { kind: "dense", outputs: 4, activation: "none" },
  ],
};
/** A pre-norm transformer block (Xiong et al. 2020). */
const block = (heads: number, hidden: number, width: number): LayerSpec[] => [
  { kind: "residual", layers: [{ kind: "layer-norm" }, { kind: "attention", heads }] },
  {
    kind: "residual",
    layers: [
      { kind: "layer-norm" },
      { kind: "dense", outputs: hidden, activation: "gelu" },
      { kind: "dense", outputs: width, activation: "none" },
    ],
  },
];
const vocabulary = 23;
const texts: Architecture = {
  inputShape: [9],
  layers: [
    { kind: "embedding", vocabulary, width: 16 },
    ...block(2, 10, 16),
    { kind: "mean-tokens" },
    { kind: "dense", outputs: 3, activation: "none" },
  ],
};
const vectors: Architecture = {
  inputShape: [5, 6],
  layers: [
    { kind: "dense", outputs: 12, activation: "tanh" },
    { kind: "layer-norm" },
    ...block(3, 7, 12),
    { kind: "mean-tokens" },
    { kind: "dense", outputs: 1, activation: "none" },
  ],
};
/** A residual on the model's own input. */
const bare: Architecture = {
  inputShape: [6, 8],
  layers: [...block(1, 5, 8), { kind: "mean-tokens" }, { kind: "dense", outputs: 2, activation: "none" }],
};
/** Heads of the widest tiles. */
const wide: Architecture = {
  inputShape: [17, 64],
  layers: [...block(2, 16, 64), { kind: "mean-tokens" }, { kind: "dense", outputs: 2, activation: "none" }],
};
/** An encoder whose layers are frozen, with adapters from the second block on. */
const adapted: Architecture = {
  inputShape: [7],
  layers: [
    { kind: "embedding", vocabulary, width: 8, frozen: true },
    { kind: "positions", frozen: true },
    {
      kind: "residual",
      projection: { frozen: true },
      layers: [
        { kind: "layer-norm", epsilon: 1e-6, frozen: true },
        { kind: "attention", heads: 2, outputs: 12, frozen: true },
      ],
    },
    {
      kind: "residual",
      layers: [
        { kind: "layer-norm", frozen: true },
        { kind: "attention", heads: 3, frozen: true, adapters: { qkv: 3, out: 2 } },
      ],
    },
    {
      kind: "residual",
      layers: [
        { kind: "layer-norm", frozen: true },
        { kind: "dense", outputs: 9, activation: "relu", frozen: true, adapter: 2 },
        { kind: "dense", outputs: 12, activation: "none", frozen: true, adapter: 5 },
      ],
    },
    { kind: "mean-tokens" },
    { kind: "layer-norm", affine: false },
    { kind: "dense", outputs: 10, activation: "tanh", frozen: true, adapter: 4 },
    { kind: "layer-norm" },
    { kind: "dense", outputs: 3, activation: "none" },
  ],
};
/** A class of every token, on a frozen encoder with an adapter. */
const tagging: Architecture = {
  inputShape: [7],
  layers: [
    { kind: "embedding", vocabulary, width: 8, frozen: true },
    {
      kind: "residual",
      layers: [
        { kind: "layer-norm", frozen: true },
        { kind: "attention", heads: 2, frozen: true, adapters: { qkv: 3, out: 2 } },
      ],
    },
    { kind: "layer-norm", affine: false },
    { kind: "dense", outputs: 5, activation: "none" },
  ],
};
const architectures: Architecture[] = [
  perceptron(13, [], "relu"),
  perceptron(13, [7], "relu"),
  perceptron(13, [7], "tanh"),
  perceptron(51, [64, 32], "relu"),
  perceptron(51, [64, 32], "tanh"),
  perceptron(20, [21, 20], "sigmoid"),
  perceptron(17, [16], "relu", 3),
  perceptron(30, [], "relu", 10),
  convolutions,
  texts,
  vectors,
  bare,
  wide,
  adapted,
  tagging,
];
const named = ({ inputShape, layers }: Architecture) =>
  [
    inputShape.join("×"),
    ...layers.map((layer) =>
      Object.values(layer)
        .map((value) => (Array.isArray(value) ? "…" : value))
        .join(" "),
    ),
  ].join(", ");
const clip: Clip = { norm: 0.5, unit: 2 ** 16 };

/** Only one logit has fairness tables. */
const tablesOf = (architecture: Architecture) =>
  layersOf(architecture).at(-1)!.outputs === 1 ? tables : { cells: 0, attributes: 0 };

async function setUp(architecture: Architecture, count: number, seed: number, chunkLimit?: number, on = device!) {
  const random = randomSource(seed);
  const inputs = architecture.inputShape.reduce((a, b) => a * b);
  const classes = Math.max(2, layersOf(architecture).at(-1)!.outputs);
  const made =
    architecture.layers[0]!.kind === "embedding"
      ? madeUpTokens(count, inputs, vocabulary, random, classes, architecture === tagging)
      : madeUpRows(count, inputs, random, classes);
  const parameters = madeUpParameters(architecture, random);
  const single = tablesOf(architecture) === tables;
  const rows = single ? made : { ...made, cells: new Uint8Array(0) };
  // Drawn in any case: what follows is the same for all.
  const drawn = madeUpWitness(random);
  const witness = single ? drawn : { slope: [], weight: [] };
  const frozen = madeUpParameters(architecture, random, true);
  const engine = await Engine.create(on, architecture, tablesOf(architecture), { chunkLimit, frozen });
  engine.load(rows);
  return { engine, rows, parameters, witness, random, frozen };
}

/** ms: every shape has kernels of its own, and a busy machine takes seconds to compile one. */
const manyKernels = 600_000;

const replaced = (values: Float32Array, at: number, by: number) => values.map((value, i) => (i === at ? by : value));

const maxAbs = (values: ArrayLike<number>) => Array.from(values).reduce((most, v) => Math.max(most, Math.abs(v)), 0);

/** |found − expected| ≤ 1e-4 of the largest, plus the safety margin of clipping, plus ½ a row by rounding. */
function expectSum(found: Int32Array, expected: Float64Array, rows: number): void {
  const tolerance = 1e-4 * maxAbs(expected) + rows * (0.5 + 1.2e-4 * clip.norm * clip.unit * 0.5);
  found.forEach((value, i) => {
    expect(Math.abs(value - expected[i]!), `coordinate ${i}`).toBeLessThanOrEqual(tolerance);
  });
}

function logitsOf(architecture: Architecture, parameters: Float32Array, rows: Rows, frozen?: Float32Array): number[] {
  return Array.from(
    range(rows.count),
    (row) => activations(architecture, parameters, featuresOf(rows, row), frozen).at(-1)!,
  ).flat();
}

withDevice("against float64", () => {
  it.each(architectures.map((a) => [named(a), a] as const))("%s: logits, sum and counts", async (_, architecture) => {
    const { engine, rows, parameters, witness, frozen } = await setUp(architecture, 203, 7);
    const batch = range(rows.count);
    const logits = logitsOf(architecture, parameters, rows, frozen);
    const scores = await engine.scores(parameters, batch);
    scores.forEach((score, i) => {
      expect(Math.abs(score - logits[i]!)).toBeLessThanOrEqual(1e-5 * Math.max(1, maxAbs(logits)));
    });
    const { gradient, histogram } = await engine.privateSum(parameters, batch, witness, clip);
    expectSum(gradient, clippedSum(architecture, parameters, rows, batch, witness, clip, frozen), rows.count);

    if (layersOf(architecture).at(-1)!.outputs > 1) return engine.dispose();
    // Counts follow the logits the adapter itself gave, so not even a bin's edge leaves room.
    const thresholds = [-1, 0, scores[5]!, 0.1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    const counts = await engine.evaluate(parameters, batch, thresholds);
    const expectedHistogram = new Uint32Array(tables.cells * 2 * scoreBins.count);
    const expectedSelected = new Uint32Array(thresholds.length * tables.cells * 2);
    for (const row of batch) {
      for (const cell of rows.cells.subarray(row * 2, row * 2 + 2)) {
        if (cell === 255) continue;
        const entry = cell * 2 + rows.labels[row]!;
        expectedHistogram[entry * scoreBins.count + binOf(scores[row]!)]!++;
        thresholds.forEach((threshold, t) => {
          if (scores[row]! >= threshold) expectedSelected[t * tables.cells * 2 + entry]!++;
        });
      }
    }
    expect(histogram).toEqual(expectedHistogram);
    expect(counts.histogram).toEqual(expectedHistogram);
    expect(counts.selected).toEqual(expectedSelected);
    engine.dispose();
  });

  it.each([
    ["a normalised vector", 2],
    ["tokens", 5],
  ])("what an encoder's part gives that ends with %s", async (_, left) => {
    const part: Architecture = { inputShape: adapted.inputShape, layers: adapted.layers.slice(0, -left - 1) };
    const random = randomSource(61);
    const rows = madeUpTokens(9, 7, vocabulary, random, 2);
    const flat = (count: number) => Float32Array.from({ length: count }, () => random() - 0.5);
    const [parameters, frozen] = [flat(parameterCount(part)), flat(frozenCount(part))];
    const engine = await Engine.create(device!, part, { cells: 0, attributes: 0 }, { frozen });
    engine.load(rows);
    const found = await engine.scores(parameters, range(rows.count));
    const each = found.length / rows.count;
    for (const row of range(rows.count)) {
      const expected = forwardRow(operationsOf(part), parameters, featuresOf(rows, row), frozen).at(-1)!;
      expect(expected).toHaveLength(each);
      expected.forEach((value, i) => {
        expect(Math.abs(found[row * each + i]! - value)).toBeLessThan(1e-5 * Math.max(1, maxAbs(expected)));
      });
    }
    await expect(engine.privateSum(parameters, range(1), { slope: [], weight: [] }, clip)).rejects.toThrow("logits");
    engine.dispose();
  });

  it(
    "odd shapes, by fast-check (seed 11)",
    async () => {
      const width = fc.constantFrom(1, 2, 3, 4, 5, 8, 11, 17, 31);
      const shape = fc.record({
        inputs: width,
        hidden: fc.array(width, { maxLength: 3 }),
        activation: fc.constantFrom<PlainActivation>("relu", "tanh", "sigmoid"),
        classes: fc.constantFrom(1, 1, 2, 3, 5, 10),
        count: fc.constantFrom(1, 2, 3, 5, 17, 64, 67),
        seed: fc.nat(1e6),
      });
      await fc.assert(
        fc.asyncProperty(shape, async ({ count, seed, inputs, hidden, activation, classes }) => {
          const architecture = perceptron(inputs, hidden, activation, classes);
          const { engine, rows, parameters, witness } = await setUp(architecture, count, seed);
          const batch = range(count);
          const { gradient } = await engine.privateSum(parameters, batch, witness, clip);
          expectSum(gradient, clippedSum(architecture, parameters, rows, batch, witness, clip), count);
          engine.dispose();
        }),
        { seed: 11, numRuns: 20 },
      );
    },
    manyKernels,
  );

  it(
    "images of odd shapes, by fast-check (seed 13)",
    async () => {
      const shape = fc.record({
        height: fc.constantFrom(5, 6, 9),
        width: fc.constantFrom(5, 7, 8),
        channels: fc.constantFrom(1, 2, 3, 5),
        filters: fc.constantFrom(1, 3, 4, 7),
        size: fc.constantFrom(1, 2, 3, 5),
        activation: fc.constantFrom<PlainActivation>("none", "relu", "tanh", "sigmoid"),
        deep: fc.boolean(),
        count: fc.constantFrom(1, 3, 17),
        seed: fc.nat(1e6),
      });
      await fc.assert(
        fc.asyncProperty(shape, async ({ height, width, channels, filters, size, activation, deep, count, seed }) => {
          const second = { kind: "conv2d", channels: 2, size: 1, activation: "tanh" } as const;
          const architecture: Architecture = {
            inputShape: [height, width, channels],
            layers: [
              { kind: "conv2d", channels: filters, size, activation },
              ...(deep ? [second] : []),
              { kind: "max-pool2d", size: size === 5 ? 1 : 2 },
              { kind: "dense", outputs: 3, activation: "none" },
            ],
          };
          const { engine, rows, parameters, witness } = await setUp(architecture, count, seed);
          const { gradient } = await engine.privateSum(parameters, range(count), witness, clip);
          expectSum(gradient, clippedSum(architecture, parameters, rows, range(count), witness, clip), count);
          engine.dispose();
        }),
        { seed: 13, numRuns: 10 },
      );
    },
    manyKernels,
  );

  it.each([
    ["images", convolutions],
    ["an encoder with adapters", adapted],
    ["an encoder whose tokens have classes", tagging],
  ])("the reference's gradient of a network of %s, by finite differences", (_, architecture) => {
    const random = randomSource(59);
    const rows =
      architecture === convolutions
        ? madeUpRows(3, 9 * 8 * 2, random, 4)
        : madeUpTokens(3, 7, vocabulary, random, 3, architecture === tagging);
    const each = rows.labels.length / rows.count;
    const parameters = Float64Array.from(madeUpParameters(architecture, random));
    const frozen = madeUpParameters(architecture, random, true);
    const loss = (row: number, at: Float64Array) => {
      const logits = activations(architecture, at, featuresOf(rows, row), frozen).at(-1)!;
      const classes = logits.length / each;
      const losses = Array.from(rows.labels.subarray(row * each, (row + 1) * each), (label, i) => {
        const own = logits.slice(i * classes, (i + 1) * classes);
        return Math.log(own.reduce((sum, z) => sum + Math.exp(z), 0)) - own[label]!;
      }).filter((loss) => !Number.isNaN(loss));
      return losses.reduce((sum, loss) => sum + loss, 0) / Math.max(1, losses.length);
    };
    for (let row = 0; row < rows.count; row++) {
      rowGradient(architecture, parameters, rows, row, madeUpWitness(random), frozen).forEach((value, i) => {
        const [up, down] = [parameters.slice(), parameters.slice()];
        up[i]! += 1e-6;
        down[i]! -= 1e-6;
        expect((loss(row, up) - loss(row, down)) / 2e-6).toBeCloseTo(value, 5);
      });
    }
  });

  it("the reference's gradient is that of the penalised loss, by finite differences", () => {
    const architecture: Architecture = perceptron(5, [4, 3], "tanh");
    const random = randomSource(3);
    const rows = madeUpRows(12, 5, random);
    const witness = madeUpWitness(random);
    const parameters = Float64Array.from(madeUpParameters(architecture, random));
    /** The potential whose derivative by z is lossGradient, by Simpson's rule in steps that end on kinks. */
    const potential = (row: number, z: number) => {
      let sum = 0;
      const kinks = Array.from({ length: scoreBins.count }, (_, bin) => scoreBins.low + (bin + 0.5) * binWidth);
      const stops = [...kinks.filter((kink) => kink > -8 && kink < z), z];
      let from = -8;
      for (const to of stops) {
        for (let part = 0; part < 16; part++) {
          const [l, r] = [from + ((to - from) * part) / 16, from + ((to - from) * (part + 1)) / 16];
          const f = (x: number) => lossGradient(rows, row, witness, x);
          sum += ((r - l) / 6) * (f(l) + 4 * f((l + r) / 2) + f(r));
        }
        from = to;
      }
      return sum;
    };
    const loss = (row: number, at: Float64Array) =>
      potential(row, activations(architecture, at, featuresOf(rows, row)).at(-1)![0]!);
    for (let row = 0; row < rows.count; row++) {
      const gradient = rowGradient(architecture, parameters, rows, row, witness);
      gradient.forEach((value, i) => {
        const step = 1e-5;
        const [up, down] = [parameters.slice(), parameters.slice()];
        up[i]! += step;
        down[i]! -= step;
        expect((loss(row, up) - loss(row, down)) / (2 * step)).toBeCloseTo(value, 5);
      });
    }
  });

  it("the penalty alone: one row's dL/dz over the whole range of logits", async () => {
    // One feature of weight 1, no bias: z is the feature; the bias' gradient is dL/dz itself.
    const architecture: Architecture = perceptron(1, [], "relu");
    const engine = await Engine.create(device!, architecture, tables);
    const witness = madeUpWitness(randomSource(5));
    for (const [z, y] of [
      [-90, 0],
      [-90, 1],
      [-6.25, 1],
      [-5.95, 0],
      [0.3, 1],
      [3.4, 1],
      [3.45, 0],
      [90, 1],
      [90, 0],
    ] as const) {
      const rows = { count: 1, features: Float32Array.of(z), labels: Uint8Array.of(y), cells: Uint8Array.of(1, 3) };
      engine.load(rows);
      // Beyond any row's norm here, and as fine a grid as that allows.
      const norm = 4 * Math.hypot(z, 1);
      const unit = 2 ** 22 / norm;
      const { gradient } = await engine.privateSum(Float32Array.of(1, 0), range(1), witness, { norm, unit });
      const expected = lossGradient(rows, 0, witness, z);
      expect(Math.abs(gradient[1]! / unit - expected), `z ${z}, y ${y}`).toBeLessThan(1e-5 + 0.5 / unit);
      expect(interpolate(witness.slope, 0, -90)).toBe(witness.slope[0]);
    }
    engine.dispose();
  });
});

withDevice("the promises privacy rests on", () => {
  const norms: [string, (random: () => number) => number][] = [
    ["ordinary", (random) => 2 * random() - 1],
    ["zero", () => 0],
    ["denormal", (random) => (random() - 0.5) * 1e-39],
    ["tiny", (random) => (random() - 0.5) * 1e-20],
    ["large", (random) => (random() - 0.5) * 1e9],
    ["huge", (random) => (random() - 0.5) * 1e25],
    ["mixed", (random) => (random() - 0.5) * 10 ** Math.round(40 * random() - 20)],
  ];
  it.each(norms)("%s features: no row's integers pass unit·norm + ½√P", async (name, draw) => {
    for (const hidden of [[], [7], [9, 5]]) {
      const architecture: Architecture = perceptron(13, hidden, "relu");
      const { engine, rows, witness, random } = await setUp(architecture, 6, 17);
      engine.load({ ...rows, features: rows.features.map(() => draw(random)) });
      const P = parameterCount(architecture);
      // Small weights keep the logits of huge rows finite.
      for (const scale of hidden.length === 0 ? [0, 1e-3] : [1e-6, 1]) {
        const parameters = madeUpParameters(architecture, random).map((w) => w * scale);
        for (const grid of [
          { norm: 1, unit: 1000 },
          { norm: 1e-3, unit: 1e8 },
          { norm: 100, unit: 0.7 },
        ]) {
          for (let row = 0; row < rows.count; row++) {
            const { gradient } = await engine.privateSum(parameters, Uint32Array.of(row), witness, grid);
            expect(Math.hypot(...gradient), name).toBeLessThanOrEqual(grid.unit * grid.norm + 0.5 * Math.sqrt(P));
          }
        }
      }
      engine.dispose();
    }
  });

  it("each coordinate of a row is rounded to nearest, in every lane", async () => {
    const architecture: Architecture = perceptron(11, [6], "tanh");
    const { engine, rows, parameters, witness } = await setUp(architecture, 12, 19);
    const coarse = { norm: 1, unit: 40 };
    for (const row of range(rows.count)) {
      const { gradient } = await engine.privateSum(parameters, Uint32Array.of(row), witness, coarse);
      const expected = clippedSum(architecture, parameters, rows, [row], witness, coarse);
      // ½ by rounding; the safety margin of 1e-4 and f32 move a value of at most 40 by less than 0.01.
      gradient.forEach((value, i) => {
        expect(Math.abs(value - expected[i]!), `row ${row}, coordinate ${i}`).toBeLessThan(0.51);
      });
    }
    engine.dispose();
  });

  it("a vanishing dL/dz times a vast feature is still clipped", async () => {
    // z = 60 and y = 1: dL/dz ≈ −9e-27, whose square is no f32 any more; times 1e28 the norm is 88.
    const engine = await Engine.create(device!, perceptron(2, [], "relu"), tables);
    engine.load({
      count: 1,
      features: Float32Array.of(60, 1e28),
      labels: Uint8Array.of(1),
      cells: Uint8Array.of(255, 255),
    });
    const neutral = { slope: Array(tables.cells * 2 * 16).fill(0), weight: Array(tables.cells * 2).fill(1) };
    const sum = await engine.privateSum(Float32Array.of(1, 0, 0), range(1), neutral, { norm: 1, unit: 1e6 });
    expect(Math.hypot(...sum.gradient)).toBeLessThanOrEqual(1e6);
    expect(Math.hypot(...sum.gradient)).toBeGreaterThan(0.999e6);
    engine.dispose();
  });

  const kinds = [
    ["one logit", perceptron(11, [7], "tanh")],
    ["classes", perceptron(11, [7], "relu", 6)],
    ["images", convolutions],
  ] as const;
  it.each(kinds)("a batch's sum is the sum of its rows' own vectors, bit for bit: %s", async (_, architecture) => {
    const { engine, rows, parameters, witness } = await setUp(architecture, 37, 23);
    const whole = await engine.privateSum(parameters, range(rows.count), witness, clip);
    const sum = new Int32Array(whole.gradient.length);
    for (let row = 0; row < rows.count; row++) {
      const { gradient } = await engine.privateSum(parameters, Uint32Array.of(row), witness, clip);
      expect(Math.hypot(...gradient)).toBeLessThanOrEqual(clip.unit * clip.norm + 0.5 * Math.sqrt(gradient.length));
      gradient.forEach((value, i) => {
        sum[i]! += value;
      });
    }
    expect(whole.gradient).toEqual(sum);
    engine.dispose();
  });

  it.each(kinds)(
    "neither the order of rows nor the size of micro-batches changes a bit: %s",
    async (_, architecture) => {
      const { engine, rows, parameters, witness, random } = await setUp(architecture, 300, 29);
      const small = await Engine.create(device!, architecture, tablesOf(architecture), { chunkLimit: 70 });
      small.load(rows);
      const expected = await engine.privateSum(parameters, range(300), witness, clip);
      expect(await small.privateSum(parameters, range(300), witness, clip)).toEqual(expected);
      expect(await engine.privateSum(parameters, shuffled(300, random), witness, clip)).toEqual(expected);
      expect(await small.privateSum(parameters, shuffled(300, random), witness, clip)).toEqual(expected);
      engine.dispose();
      small.dispose();
    },
  );

  it("a very long row of equal squares is not taken for shorter than it is", async () => {
    const architecture: Architecture = {
      inputShape: [16, 16, 64],
      layers: [
        { kind: "conv2d", channels: 61, size: 16, activation: "none" },
        { kind: "max-pool2d", size: 1 },
        { kind: "dense", outputs: 2, activation: "none" },
      ],
    };
    const engine = await Engine.create(device!, architecture, tablesOf(architecture));
    // Small in the convolution and large behind it: nearly all of the gradient is the convolution's.
    const { weights } = layersOf(architecture)[2]!;
    const parameters = new Float32Array(parameterCount(architecture)).map(
      (_, i) => (i < weights ? 1e-6 : 1) * (i % 2 === 0 ? 1 : -1),
    );
    const grid = { norm: 0.01, unit: 2 ** 22 / 0.01 };
    // Whether a sum of equal numbers comes out too small or too large depends on their last bits, so many are tried.
    for (let i = 0; i < 24; i++) {
      const features = new Float32Array(16 * 16 * 64).fill(1 + i / 57);
      engine.load({ count: 1, features, labels: Uint8Array.of(1), cells: new Uint8Array(0) });
      const { gradient } = await engine.privateSum(parameters, range(1), { slope: [], weight: [] }, grid);
      const length = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
      expect(length).toBeLessThanOrEqual(2 ** 22 + 0.5 * Math.sqrt(gradient.length));
      expect(length).toBeGreaterThan(0.999 * 2 ** 22);
    }
    engine.dispose();
  });

  it.each([2 ** 22, 2 ** 20])(
    "with %f steps a clip norm, a sum of 300 rows is that of each row's integers, to the last one",
    async (steps) => {
      const { engine, parameters, rows, witness } = await setUp(perceptron(3, [5], "tanh"), 300, 23);
      // All clipped, and all much alike: sums of integers grow as far as they can.
      const alike = rows.features.map((x, i) => 40 + (i % 3) + x);
      engine.load({ ...rows, features: alike, labels: rows.labels.map(() => 1) });
      const grid = { norm: 1e-3, unit: steps / 1e-3 };
      const sums = new Int32Array(parameters.length);
      for (let row = 0; row < rows.count; row++) {
        const { gradient } = await engine.privateSum(parameters, Uint32Array.of(row), witness, grid);
        for (let i = 0; i < sums.length; i++) sums[i]! += gradient[i]!;
      }
      const { gradient } = await engine.privateSum(parameters, range(rows.count), witness, grid);
      expect(Math.max(...gradient.map(Math.abs))).toBeGreaterThan(2 ** 24);
      expect(gradient).toEqual(sums);
      engine.dispose();
    },
  );

  it("an empty batch is all zeros", async () => {
    const { engine, parameters, witness } = await setUp(architectures[1]!, 5, 1);
    const { gradient, histogram } = await engine.privateSum(parameters, new Uint32Array(0), witness, clip);
    expect(gradient).toEqual(new Int32Array(parameters.length));
    expect(histogram).toEqual(new Uint32Array(tables.cells * 2 * scoreBins.count));
    expect(await engine.scores(parameters, new Uint32Array(0))).toHaveLength(0);
    expect(await engine.localTraining(parameters, [new Uint32Array(0)], witness, { learningRate: 1, clip })).toEqual(
      parameters,
    );
    engine.dispose();
  });
});

withDevice("local training", () => {
  const learningRate = 0.2;
  const kinds = [
    ["clipped", clip, perceptron(13, [7], "tanh")],
    ["plain", undefined, perceptron(13, [7], "tanh")],
    ["plain, of classes", undefined, perceptron(13, [9], "relu", 4)],
    ["clipped, of images", clip, convolutions],
    ["plain, of images", undefined, convolutions],
  ] as const;
  /** Rows of a micro-batch: batches are cut, or each is one, and the kernels that sum its gradient take the step. */
  const cuts = [16, 30];
  const cutKinds = kinds.flatMap(([name, clip, architecture]) =>
    cuts.map((rows) => ({ name, rows, clip, architecture })),
  );
  it.each(cutKinds)("takes the float64 reference's steps, $name, $rows rows at once", async (kind) => {
    const { clip, architecture } = kind;
    const { engine, rows, parameters, witness, random } = await setUp(architecture, 90, 31, kind.rows);
    const order = shuffled(90, random);
    const batches = [...Array(100).keys()].map((i) => order.subarray((i % 3) * 30, (i % 3) * 30 + 30));
    const expected = Float64Array.from(parameters);
    for (const batch of batches) {
      const sum = clip
        ? clippedSum(architecture, expected, rows, batch, witness, clip)
        : plainSum(architecture, expected, rows, batch, witness);
      const scale = learningRate / ((clip?.unit ?? 1) * batch.length);
      expected.forEach((w, i) => {
        expected[i] = w - scale * sum[i]!;
      });
    }
    const trained = await engine.localTraining(parameters, batches, witness, { learningRate, clip });
    expect(maxAbs(expected.map((w, i) => w - parameters[i]!))).toBeGreaterThan(0.2);
    expect(maxAbs(trained.map((w, i) => w - expected[i]!))).toBeLessThan(2e-3);
    expect(await engine.localTraining(parameters, batches, witness, { learningRate, clip })).toEqual(trained);
    engine.dispose();
  });

  const optimizers: Optimizer[] = [
    { kind: "sgd", momentum: 0.9, proximal: 0 },
    { kind: "sgd", momentum: 0, proximal: 0.5 },
    { kind: "sgd", momentum: 0.5, proximal: 0.1 },
    { kind: "adam", momentum: 0, proximal: 0 },
    { kind: "adam", momentum: 0, proximal: 0.3 },
  ];
  const cutOptimizers = optimizers.flatMap((optimizer) =>
    cuts.map((rows) => ({ name: Object.values(optimizer).join(", "), rows, optimizer })),
  );
  it.each(cutOptimizers)("kind, momentum, proximal: $name, $rows rows at once", async ({ rows: cut, optimizer }) => {
    // Outputs in whole fours are stepped four at a time.
    const architecture = perceptron(13, [8, 7], "tanh");
    const { engine, rows, parameters, witness } = await setUp(architecture, 90, 31, cut);
    const batches = [...Array(60).keys()].map((i) => range(90).subarray((i % 3) * 30, (i % 3) * 30 + 30));
    const rate = optimizer.kind === "adam" ? 0.02 : 0.1;
    const expected = Float64Array.from(parameters);
    const [m, v] = [new Float64Array(expected.length), new Float64Array(expected.length)];
    batches.forEach((batch, step) => {
      plainSum(architecture, expected, rows, batch, witness).forEach((sum, i) => {
        const g = sum / batch.length + optimizer.proximal * (expected[i]! - parameters[i]!);
        if (optimizer.kind === "adam") {
          m[i] = 0.9 * m[i]! + 0.1 * g;
          v[i] = 0.999 * v[i]! + 0.001 * g * g;
          const corrected = Math.sqrt(v[i]! / (1 - 0.999 ** (step + 1)));
          expected[i]! -= (rate * m[i]!) / (1 - 0.9 ** (step + 1)) / (corrected + 1e-8);
        } else {
          m[i] = optimizer.momentum * m[i]! + g;
          expected[i]! -= rate * m[i]!;
        }
      });
    });
    const options = { learningRate: rate, optimizer };
    const trained = await engine.localTraining(parameters, batches, witness, options);
    expect(maxAbs(expected.map((w, i) => w - parameters[i]!))).toBeGreaterThan(0.1);
    expect(maxAbs(trained.map((w, i) => w - expected[i]!))).toBeLessThan(2e-3);
    // Nothing is left over from the call before.
    expect(await engine.localTraining(parameters, batches, witness, options)).toEqual(trained);
    engine.dispose();
  });

  const stepped = [
    ["one logit", perceptron(21, [16, 7], "tanh")],
    ["images", convolutions],
    ["texts", texts],
  ] as const;
  it.each(stepped)("clipped, no bit hangs on which kernel takes the step: %s", async (_, architecture) => {
    const here = await setUp(architecture, 40, 37, 40);
    const cut = await setUp(architecture, 40, 37, 11);
    const batches = [range(40), range(23), range(40)];
    for (const optimizer of [optimizers[2]!, optimizers[4]!]) {
      const trained = [here, cut].map(({ engine, parameters, witness }) =>
        engine.localTraining(parameters, batches, witness, { learningRate, clip, optimizer }),
      );
      expect(await trained[1]).toEqual(await trained[0]);
    }
    for (const { engine } of [here, cut]) engine.dispose();
  });

  it("adds up the slices of a batch of many rows", async () => {
    const architecture = perceptron(3, [5], "tanh");
    const { engine, rows, parameters, witness } = await setUp(architecture, 1000, 47, 600);
    const sum = plainSum(architecture, parameters, rows, range(1000), witness);
    const trained = await engine.localTraining(parameters, [range(1000)], witness, { learningRate });
    trained.forEach((w, i) => {
      expect(Math.abs(w - (parameters[i]! - (learningRate * sum[i]!) / 1000))).toBeLessThan(1e-6);
    });
    engine.dispose();
  });
});

withDevice("other adapters", () => {
  /** Without subgroups no values are handed round; what is no software adapter gets small tiles in large groups. */
  const others = [
    ["no subgroups", [], true],
    ["a graphics card", ["subgroups"], false],
    ["a graphics card without subgroups", [], false],
  ] as const;
  it.each(others)("%s: the same bits", async (_, features, software) => {
    const adapter = (await gpuOf().requestAdapter())!;
    const other = await adapter.requestDevice({ requiredFeatures: [...features] });
    Object.defineProperty(other, "adapterInfo", { value: { isFallbackAdapter: software } });
    for (const architecture of [perceptron(51, [64, 33], "relu"), perceptron(20, [9], "tanh", 5), convolutions]) {
      const here = await setUp(architecture, 67, 71);
      const there = await setUp(architecture, 67, 71, undefined, other);
      const { parameters, witness } = here;
      const both = [here.engine, there.engine];
      const [sum, otherSum] = await Promise.all(both.map((e) => e.privateSum(parameters, range(67), witness, clip)));
      expect(otherSum).toEqual(sum);
      const options = { learningRate: 0.1 };
      const trained = both.map((e) => e.localTraining(parameters, [range(40), range(67)], witness, options));
      expect(await trained[1]).toEqual(await trained[0]);
      for (const engine of both) engine.dispose();
    }
    other.destroy();
  });
});

withDevice("refusals", () => {
  const architecture: Architecture = perceptron(13, [7], "relu");

  it("names the layer of what is not finite", async () => {
    const { engine, rows, parameters, witness } = await setUp(architecture, 9, 37);
    const sum = (p: Float32Array) => engine.privateSum(p, range(9), witness, clip);
    await expect(sum(replaced(parameters, 0, Number.NaN))).rejects.toThrow("parameters of layer 1 (13 → 7)");
    await expect(sum(replaced(parameters, 13 * 7 + 7, Number.POSITIVE_INFINITY))).rejects.toThrow("layer 2 (7 → 1)");
    await expect(sum(parameters.map(() => 3e38))).rejects.toThrow("layer 1 (13 → 7): an output");
    await expect(
      engine.scores(
        parameters.map((w, i) => (i < 98 ? 1e30 * Math.abs(w) : 1e30)),
        range(9),
      ),
    ).rejects.toThrow("layer 2 (7 → 1): an output");
    const steep = { learningRate: 3e38, clip: { norm: 1e6, unit: 1 } };
    await expect(engine.localTraining(parameters, [range(9), range(9)], witness, steep)).rejects.toThrow(/layer \d/);
    expect(() => engine.load({ ...rows, features: replaced(rows.features, 15, Number.NaN) })).toThrow(
      "rows.features: input of layer 1 is NaN at row 1, column 2",
    );
    const straight: Architecture = {
      inputShape: [2],
      layers: [
        { kind: "dense", outputs: 4, activation: "gelu" },
        { kind: "dense", outputs: 1, activation: "none" },
      ],
    };
    const far = await setUp(straight, 5, 37);
    // Where a gelu is a line, its square would be no number: nothing is amiss.
    const outputs = Float32Array.from(far.parameters, (_, i) => (i < 12 ? 1e25 : 1e-26));
    const { gradient } = await far.engine.privateSum(outputs, range(5), far.witness, clip);
    expect(maxAbs(gradient)).toBeGreaterThan(0);
    far.engine.dispose();
    // The engine goes on after a refusal.
    expect((await sum(parameters)).gradient).toHaveLength(parameters.length);
    engine.dispose();
  });

  it("refuses what could overflow, and indices that name no row or one row twice", async () => {
    const { engine, parameters, witness } = await setUp(architecture, 9, 41);
    const sum = (batch: Uint32Array, c: Clip) => engine.privateSum(parameters, batch, witness, c);
    await expect(sum(range(9), { norm: 1, unit: 2 ** 23 })).rejects.toThrow("Use at most 2²² / norm");
    await expect(sum(range(7), { norm: 1, unit: 2 ** 22 })).resolves.toBeDefined();
    await expect(sum(range(9), { norm: 0, unit: 1 })).rejects.toThrow("clip.norm");
    await expect(sum(range(10), clip)).rejects.toThrow("names row 9 of 9");
    await expect(sum(Uint32Array.of(1, 1), clip)).rejects.toThrow("names a row twice");
    await expect(engine.privateSum(parameters, range(9), { slope: [], weight: [] }, clip)).rejects.toThrow(
      "witness.slope",
    );
    await expect(engine.evaluate(parameters, range(9), [Number.NaN])).rejects.toThrow("thresholds[0]");
    await expect(Engine.create(device!, perceptron(3, [], "none", 2), tables)).rejects.toThrow("tables.cells");
    engine.dispose();
    await expect(sum(range(9), clip)).rejects.toThrow("disposed");
  });

  it("says when the adapter is lost, also in the middle of a call", async () => {
    const own = (await dawnDevice())!;
    const engine = await Engine.create(own, architecture, tables);
    const random = randomSource(1);
    engine.load(madeUpRows(9, 13, random));
    const underWay = engine.scores(madeUpParameters(architecture, random), range(9));
    await Promise.resolve();
    own.destroy();
    await expect(underWay).rejects.toThrow("adapter lost");
    await expect(engine.scores(madeUpParameters(architecture, random), range(9))).rejects.toThrow("adapter lost");
  });
});

withDevice("memory", () => {
  it("allocates nothing after the first step of a size, and calls may overlap", async () => {
    const { engine, parameters, witness } = await setUp(architectures[3]!, 300, 43);
    let allocations = 0;
    const create = device!.createBuffer;
    await engine.evaluate(parameters, range(300), [0, 1]);
    const first = await engine.privateSum(parameters, range(300), witness, clip);
    await engine.scores(parameters, range(300));
    device!.createBuffer = (...args) => {
      allocations++;
      return create.apply(device!, args);
    };
    try {
      const again = [...Array(5).keys()].map(() => engine.privateSum(parameters, range(300), witness, clip));
      for (const result of await Promise.all(again)) expect(result).toEqual(first);
      await engine.privateSum(parameters, range(120), witness, clip);
      await engine.evaluate(parameters, range(250), [0]);
      await engine.scores(parameters, range(7));
      await engine.localTraining(parameters, [range(300)], witness, { learningRate: 0.1, clip });
      expect(allocations).toBe(0);
    } finally {
      device!.createBuffer = create;
    }
    engine.dispose();
  });
});
