/** The values of a grid's axes that are more than a number or a name. */
import { z } from "zod";

/** One value or more, none twice. */
export const several = <T extends z.ZodType>(value: T) =>
  z
    .array(value)
    .min(1)
    .refine((all) => new Set(all.map((x) => JSON.stringify(x))).size === all.length, {
      message: "names a value twice; name each once",
    });

export const count = z.int().min(3).max(10_000);
export const split = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("iid"), participants: count }),
  z.strictObject({
    kind: z.literal("dirichlet"),
    column: z.string().min(1).describe("Its values are shared out unevenly; mostly the label"),
    alpha: z.number().positive().max(1000),
    participants: count,
  }),
  z.strictObject({ kind: z.literal("column"), column: z.string().min(1) }),
  z.strictObject({ kind: z.literal("one-group"), column: z.string().min(1), participants: count }),
]);

const learningRate = z.number().positive().max(1000).describe("η, the server's step; default: the task's");
/** β₁ and β₂ are Reddi et al.'s own (2021, §5); τ and the step they tune. */
const adaptive = {
  learningRate: learningRate.default(0.03),
  beta1: z.number().min(0).max(0.999).default(0.9),
  beta2: z.number().min(0).max(0.9999).default(0.99),
  tau: z.number().positive().max(1).default(1e-3),
};
export const server = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("fedavg"), learningRate: learningRate.optional() }),
  z.strictObject({
    kind: z.literal("fedavgm"),
    learningRate: learningRate.optional(),
    momentum: z.number().min(0).max(0.999).default(0.9),
  }),
  z.strictObject({ kind: z.literal("fedadam"), ...adaptive }),
  z.strictObject({ kind: z.literal("fedyogi"), ...adaptive }),
  z.strictObject({
    kind: z.literal("qfedavg"),
    learningRate: learningRate.default(1),
    q: z.number().min(0).max(5),
    lossBound: z.number().positive().max(100).default(1).describe("A participant's loss is cut at it, nats"),
  }),
]);
const localRate = z.number().positive().max(1000).optional().describe("Of a local step; default: the task's");
export const local = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("sgd"), learningRate: localRate }),
  z.strictObject({ kind: z.literal("fedprox"), learningRate: localRate, mu: z.number().positive().max(1000) }),
  z.strictObject({
    kind: z.literal("scaffold"),
    learningRate: localRate,
    controlBound: z.number().positive().max(1000).default(1).describe("L2 bound of a control variate's change"),
  }),
]);

/** So many attack, and a factor; an attacker's own page clips like every other, or has been rewritten. */
const attackers = z.number().positive().max(0.5).describe("Share of all participants who attack");
const clipped = z.boolean().default(true).describe("Whether the attackers' pages clip what was tampered with");
export const poisoned = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({ kind: z.literal("label-flip"), share: attackers }),
  z.strictObject({
    kind: z.literal("sign-flip"),
    share: attackers,
    factor: z.number().positive().max(1e6).default(1),
    clipped,
  }),
  z.strictObject({ kind: z.literal("scale"), share: attackers, factor: z.number().positive().max(1e6), clipped }),
]);
const parts = z.int().min(2).max(100).describe("Sub-cohorts of equal size, each a sum with all the noise of its own");
export const aggregation = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("mean") }),
  z.strictObject({ kind: z.literal("median"), parts }),
  z
    .strictObject({ kind: z.literal("trimmed-mean"), parts, trim: z.int().min(1) })
    .refine(({ parts, trim }) => 2 * trim < parts, { path: ["trim"], message: "leaves no sub-cohort" }),
]);

export type CellSplit = z.output<typeof split>;
export type Server = z.output<typeof server>;
export type Local = z.output<typeof local>;
export type Poisoned = z.output<typeof poisoned>;
export type Aggregation = z.output<typeof aggregation>;
