/** What a search in each cell may choose, and how. */
import { z } from "zod";
import { several } from "./axes.ts";

/** What a search may choose: nothing that the privacy of a run hangs on. */
const hyperParameter = z.enum([
  "training.learningRate",
  "training.momentum",
  "training.averageLast",
  "training.localEpochs",
  "training.localBatch",
  "training.localLearningRate",
  "training.localProximal",
  "privacy.clipNorm",
  "fairness.step",
  "fairness.largestSlope",
  "fairness.histogramShare",
]);
const over = z
  .partialRecord(
    hyperParameter,
    z.union([
      several(z.number()),
      z
        .strictObject({ from: z.number().positive(), to: z.number(), scale: z.enum(["linear", "log"]).default("log") })
        .refine(({ from, to }) => to > from, { path: ["to"], message: "must be above `from`" }),
    ]),
  )
  .refine((named) => Object.keys(named).length > 0, { message: "names nothing to choose" })
  .describe("Values to choose from: a list, or a range");
const by = z.enum(["accuracy", "auc"]).default("auc").describe("Of `evaluate`, with its noise, on held-back rows");
export const search = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("random"),
    over,
    by,
    trials: z.number().min(1.1).max(100).describe("Runs on average; how many there are is drawn"),
    eta: z.number().min(0).max(5).default(1).describe("η of their distribution; 1: geometric, 0: logarithmic"),
  }),
  z.strictObject({
    kind: z.literal("halving"),
    over,
    by,
    trials: z.int().min(2).max(64).describe("Candidates at first"),
    keep: z.number().min(0.1).max(0.9).default(0.5).describe("Share of them that goes on, each time"),
  }),
]);

export type Search = z.output<typeof search>;
export type HyperParameter = z.output<typeof hyperParameter>;
