/**
 * A grid: a task, and for some of its promises and choices several values each. Its cells are the product of them all,
 * in the order of the fields below, the last one counting up first.
 */
import { z } from "zod";
import { InputError } from "../errors.ts";
import { taskSchema } from "../task.ts";

const several = <T extends z.ZodType>(value: T) =>
  z
    .array(value)
    .min(1)
    .refine((all) => new Set(all.map((x) => JSON.stringify(x))).size === all.length, {
      message: "names a value twice; name each once",
    });

const count = z.int().min(3).max(10_000);
const split = z.discriminatedUnion("kind", [
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
const server = z.discriminatedUnion("kind", [
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
const local = z.discriminatedUnion("kind", [
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
const poisoned = z.discriminatedUnion("kind", [
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
const aggregation = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("mean") }),
  z.strictObject({ kind: z.literal("median"), parts }),
  z
    .strictObject({ kind: z.literal("trimmed-mean"), parts, trim: z.int().min(1) })
    .refine(({ parts, trim }) => 2 * trim < parts, { path: ["trim"], message: "leaves no sub-cohort" }),
]);

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
const search = z.discriminatedUnion("kind", [
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

const { epsilon, delta, unit, clipNorm, clipping } = taskSchema.shape.privacy.shape;
const { rounds } = taskSchema.shape.training.shape;
const fairness = taskSchema.shape.fairness.unwrap().shape;

export const gridSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,64}$/, "use lower-case letters, digits and hyphens"),
  task: z.string().min(1).describe("Task file, relative to the grid's"),
  data: z.string().min(1).describe("Data set, as `murmur data` knows it"),
  complete: z
    .boolean()
    .default(false)
    .describe("Leave out records that lack a cell the task reads, of training and of test rows; default: keep them"),
  change: z.record(z.string(), z.unknown()).default({}).describe("Parts of the task that are other in every cell"),
  split: several(split),
  mechanism: several(z.enum(["distributed", "central", "local", "banded"]))
    .default(["distributed"])
    .describe(
      "Who adds the noise: all together, for dropouts and colluders too; a trusted server, anew or correlated; each alone",
    ),
  bands: several(z.int().min(1).max(1000))
    .optional()
    .describe("Of banded noise: over how many rounds it is correlated; default: as many as participants take turns"),
  cohort: several(count)
    .optional()
    .describe("How many participants are asked each time, drawn anew from all; default: all"),
  dropouts: several(z.number().min(0).max(0.5))
    .optional()
    .describe("Share of those asked whose answers are lost, each time others; no more than the task tolerates"),
  stragglers: several(z.number().min(0).max(1))
    .optional()
    .describe("Participant level: share of those asked who come to a part of their local steps only, each time others"),
  poisoned: several(poisoned).optional().describe("Participants who attack the model"),
  aggregation: several(aggregation).optional().describe("What the server makes of the sums of sub-cohorts"),
  unit: several(unit).optional(),
  clipping: several(clipping.unwrap()).optional(),
  clipNorm: several(clipNorm.unwrap()).optional(),
  model: several(z.strictObject({ hidden: z.array(z.int().min(1).max(512)).max(3) }))
    .optional()
    .describe("Widths of the hidden layers; none is logistic regression"),
  server: several(server).optional().describe("What the server makes of a round's mean; default: as the task says"),
  local: several(local).optional().describe("Participant level: what local steps are; default: as the task says"),
  rounds: several(rounds).optional(),
  delta: several(delta).optional(),
  penalty: several(fairness.penalty.unwrap()).optional(),
  tolerance: several(fairness.tolerance.unwrap()).optional(),
  epsilon: several(z.union([epsilon, z.literal("inf")])).describe("`inf`: clipped and rounded, but without noise"),
  search: search.optional().describe("In each cell, choose hyper-parameters first, and say what that costs"),
  seeds: several(
    z
      .int()
      .min(1)
      .max(2 ** 31 - 1),
  ),
});

export type Grid = z.output<typeof gridSchema>;
export type CellSplit = z.output<typeof split>;
export type Server = z.output<typeof server>;
export type Search = z.output<typeof search>;
export type HyperParameter = z.output<typeof hyperParameter>;
export type Mechanism = Grid["mechanism"][number];
export type Poisoned = z.output<typeof poisoned>;
export type Aggregation = z.output<typeof aggregation>;
export type Local = z.output<typeof local>;

/** A point of the grid: of every axis that the file names, one value. */
export interface Cell {
  split: CellSplit;
  mechanism: Mechanism;
  bands?: number;
  cohort?: number;
  dropouts?: number;
  stragglers?: number;
  poisoned?: Poisoned;
  aggregation?: Aggregation;
  unit?: string;
  clipping?: string;
  clipNorm?: number;
  model?: { hidden: number[] };
  server?: Server;
  local?: Local;
  rounds?: number;
  delta?: number;
  penalty?: string;
  tolerance?: number;
  epsilon: number | "inf";
  seed: number;
}

/** Largest product; more is a slip of the pen. */
const mostCells = 20_000;

/** @throws InputError that names the field */
export function asGrid(value: unknown): Grid {
  const parsed = gridSchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new InputError(
      issue.path.join(".") || "the grid",
      issue.message,
      "Correct the grid file; docs/lab.md shows one.",
    );
  }
  return parsed.data;
}

const axes = [
  "split",
  "mechanism",
  "bands",
  "cohort",
  "dropouts",
  "stragglers",
  "poisoned",
  "aggregation",
  "unit",
  "clipping",
  "clipNorm",
  "model",
  "server",
  "local",
  "rounds",
  "delta",
  "penalty",
  "tolerance",
  "epsilon",
] as const;

/** All cells, the seeds of one setting beside each other. @throws InputError when there are too many */
export function cellsOfGrid(grid: Grid): Cell[] {
  let cells: Record<string, unknown>[] = [{}];
  const cross = (name: string, values: readonly unknown[]) => {
    if (cells.length * values.length > mostCells)
      throw new InputError(name, `makes more than ${mostCells} cells`, "Give fewer values, or split the grid in two.");
    cells = cells.flatMap((cell) => values.map((value) => ({ ...cell, [name]: value })));
  };
  for (const axis of axes) {
    const values = grid[axis];
    if (values) cross(axis, values);
  }
  cross("seed", grid.seeds);
  return cells as unknown as Cell[];
}

/** What a cell writes anew in its task. */
export function changeOf(cell: Cell): Record<string, Record<string, unknown>> {
  const known = (block: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(block).filter(([, value]) => value !== undefined));
  const { unit, clipping, clipNorm, delta, epsilon: budget, rounds: length, penalty, tolerance, model } = cell;
  const { server, local } = cell;
  // Where a server or each alone adds the noise, it does not hang on who is there.
  const trusted = cell.mechanism === "distributed" ? {} : { dropoutTolerance: 0, colludingShare: 0 };
  return {
    privacy: known({ unit, clipping, clipNorm, delta, epsilon: budget === "inf" ? undefined : budget }),
    training: known({
      rounds: length,
      learningRate: server?.learningRate,
      momentum: server && (server.kind === "fedavgm" ? server.momentum : 0),
      localLearningRate: local?.learningRate,
      localProximal: local && (local.kind === "fedprox" ? local.mu : 0),
    }),
    fairness: known({ penalty, tolerance }),
    cohort: trusted,
    ...(model && {
      model: {
        layers: [
          ...model.hidden.map((outputs) => ({ kind: "dense", outputs, activation: "relu" })),
          { kind: "dense", outputs: 1 },
        ],
      },
    }),
  };
}

/** A setting in words that fit a legend: every axis on which the grid has more than one value, but for those named. */
export function labelOf(grid: Grid, cell: Cell, but: readonly (keyof Cell)[] = []): string {
  const shown = axes.filter((axis) => !but.includes(axis) && (grid[axis]?.length ?? 0) > 1);
  return shown.map((axis) => inWords(axis, cell[axis])).join(", ") || "all cells";
}

function inWords(axis: string, value: unknown): string {
  if (typeof value === "number") return `${axis} ${value}`;
  if (typeof value !== "object" || value === null) return String(value);
  return Object.values(value)
    .map((part) => (Array.isArray(part) ? (part.length > 0 ? part.join("-") : "logistic") : String(part)))
    .join(" ");
}
