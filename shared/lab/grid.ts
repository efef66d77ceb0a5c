/**
 * A grid: a task, and for some of its promises and choices several values each. Its cells are the product of them all,
 * in the order of the fields below, the last one counting up first.
 */
import { z } from "zod";
import { InputError } from "../errors.ts";
import { taskSchema } from "../task.ts";
import { explainIssue } from "../task-faults.ts";
import {
  type Aggregation,
  aggregation,
  type CellSplit,
  count,
  type Local,
  local,
  type Poisoned,
  poisoned,
  type Server,
  server,
  several,
  split,
} from "./axes.ts";
import { search } from "./search.ts";

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
export type Mechanism = Grid["mechanism"][number];

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
    const [first] = explainIssue(parsed.error.issues[0]!, value, z.toJSONSchema(gridSchema, { io: "input" }));
    const { path, problem, fix } = first!;
    throw new InputError(path.join(".") || "the grid", problem, fix);
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
