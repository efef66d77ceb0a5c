/** What is compared: products of matrices, and training steps of six models, the same for every side. */

/** An example is a tensor [...shape] of f32; its label is one of `classes`. */
export interface Model {
  kind: "model";
  name: string;
  shape: number[];
  layers: Layer[];
  classes: number;
  batch: number;
  learningRate: number;
}

export type Layer =
  /** y = activation(x·W + b) on the flattened example; W [inputs, outputs] */
  | { kind: "dense"; outputs: number; activation?: "relu" }
  /** [h, w, c] → relu of the valid convolution, stride 1; W [size, size, c, channels] */
  | { kind: "conv"; size: number; channels: number }
  /** [h, w, c] → [h/size, w/size, c] */
  | { kind: "max-pool"; size: number }
  /** [tokens, width] → [tokens, width]: z = x + attention(norm(x)); z + gelu(norm(z)·W₁ + b₁)·W₂ + b₂ (Xiong et al. 2020) */
  | { kind: "transformer"; heads: number; hidden: number }
  /**
   * [tokens, width] → [tokens, width]: x + up₂(relu(up₁(norm(x)))), all frozen but a low-rank adapter beside each matrix,
   * x·W + b + (x·A + a)·B + c (Hu et al. 2021)
   */
  | { kind: "adapted"; hidden: number; rank: number }
  /** [tokens, width] → [width] */
  | { kind: "mean-tokens" };

/** C [m, n] = A [m, k] · B [k, n] */
export interface Product {
  kind: "product";
  name: string;
  m: number;
  k: number;
  n: number;
}

export type Case = Product | Model;

const product = (m: number, k: number, n: number): Product => ({ kind: "product", name: `${m}×${k}×${n}`, m, k, n });

/** Hidden layers with relu, then logits. */
const perceptron = (widths: [number, ...number[]], batch: number): Model => {
  const [inputs, ...outputs] = widths;
  return {
    kind: "model",
    name: `MLP ${widths.join("-")}, batch ${batch}`,
    shape: [inputs],
    layers: outputs.map((width, i) =>
      i < outputs.length - 1
        ? { kind: "dense", outputs: width, activation: "relu" }
        : { kind: "dense", outputs: width },
    ),
    classes: outputs.at(-1)!,
    batch,
    learningRate: 0.05,
  };
};

export const cases: Case[] = [
  product(256, 256, 256),
  product(512, 512, 512),
  product(1024, 1024, 1024),
  product(64, 104, 64),
  product(256, 784, 128),
  product(4096, 128, 128),
  product(127, 331, 61),
  perceptron([104, 64, 32, 2], 64),
  perceptron([104, 64, 32, 2], 256),
  perceptron([784, 256, 128, 10], 128),
  {
    kind: "model",
    // The network of TensorFlow.js's own MNIST example.
    name: "CNN 28×28, conv 5×5×8, pool, conv 5×5×16, pool, batch 32",
    shape: [28, 28, 1],
    layers: [
      { kind: "conv", size: 5, channels: 8 },
      { kind: "max-pool", size: 2 },
      { kind: "conv", size: 5, channels: 16 },
      { kind: "max-pool", size: 2 },
      { kind: "dense", outputs: 10 },
    ],
    classes: 10,
    batch: 32,
    learningRate: 0.05,
  },
  {
    kind: "model",
    name: "transformer block, width 128, 4 heads, 64 tokens, batch 16",
    shape: [64, 128],
    layers: [{ kind: "transformer", heads: 4, hidden: 512 }, { kind: "mean-tokens" }, { kind: "dense", outputs: 10 }],
    classes: 10,
    batch: 16,
    learningRate: 0.05,
  },
  {
    kind: "model",
    // The encoder's last feed-forward layers, as tasks/banking77.yaml might fine-tune them.
    name: "LoRA of rank 8, width 512, 1536 inside, 64 tokens, batch 16",
    shape: [64, 512],
    layers: [{ kind: "adapted", hidden: 1536, rank: 8 }, { kind: "mean-tokens" }, { kind: "dense", outputs: 77 }],
    classes: 77,
    batch: 16,
    learningRate: 0.001,
  },
];
