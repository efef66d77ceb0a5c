/**
 * What the demo compares with: the majority's answer, and a logistic regression trained centrally without privacy on all
 * participants' rows together. Plain float64 on the CPU, with the same features.
 */
import type { Architecture } from "../shared/model.ts";
import { predict } from "../shared/predict.ts";

export interface Scores {
  /** Logits [rows] */
  logits: Float64Array;
  labels: Uint8Array;
}

export interface Quality {
  accuracy: number;
  auc: number;
}

/** Accuracy at probability ½, and AUC with ties counting half (Mann & Whitney 1947). */
export function qualityOf({ logits, labels }: Scores): Quality {
  const order = Array.from(logits.keys()).sort((a, b) => logits[a]! - logits[b]!);
  let wins = 0;
  let negatives = 0;
  let right = 0;
  for (let start = 0; start < order.length; ) {
    let end = start;
    let tiedPositives = 0;
    while (end < order.length && logits[order[end]!] === logits[order[start]!]) tiedPositives += labels[order[end++]!]!;
    const tiedNegatives = end - start - tiedPositives;
    wins += tiedPositives * (negatives + tiedNegatives / 2);
    negatives += tiedNegatives;
    start = end;
  }
  for (const [i, z] of logits.entries()) if (z > 0 === (labels[i] === 1)) right++;
  const positives = logits.length - negatives;
  return { accuracy: right / logits.length, auc: wins / (positives * negatives) };
}

export function majorityAccuracy(labels: Uint8Array): number {
  const positives = labels.reduce((a, b) => a + b, 0);
  return Math.max(positives, labels.length - positives) / labels.length;
}

/** The logit above which the best `share` of rows lie. */
export function topThreshold(logits: Float64Array, share: number): number {
  const sorted = Float64Array.from(logits).sort();
  return sorted[Math.max(0, Math.ceil(sorted.length * (1 - share)) - 1)]!;
}

export const logisticRegression = (inputs: number): Architecture => ({
  inputShape: [inputs],
  layers: [{ kind: "dense", outputs: 1, activation: "none" }],
});

/**
 * Full-batch gradient descent with Nesterov's momentum; convex, so it ends where any other method would.
 * @param architecture a logisticRegression
 */
export function trainCentrally(architecture: Architecture, features: Float32Array, labels: Uint8Array): Float64Array {
  const rows = labels.length;
  const width = architecture.inputShape[0]!;
  const steps = 300;
  // 1/L: a row's curvature is at most ‖x‖²/4, and normalised rows have a mean square norm of about `width / 2`.
  const learningRate = 1;
  let parameters = new Float64Array(width + 1);
  let before = parameters;
  for (let step = 0; step < steps; step++) {
    const momentum = step / (step + 3);
    const ahead = parameters.map((w, i) => w + momentum * (w - before[i]!));
    const gradient = new Float64Array(width + 1);
    const logits = predict(architecture, ahead, features);
    for (let row = 0; row < rows; row++) {
      const error = 1 / (1 + Math.exp(-logits[row]!)) - labels[row]!;
      for (let i = 0; i < width; i++) gradient[i] = gradient[i]! + error * features[row * width + i]!;
      gradient[width] = gradient[width]! + error;
    }
    before = parameters;
    parameters = ahead.map((w, i) => w - (learningRate * gradient[i]!) / rows);
  }
  return parameters;
}
