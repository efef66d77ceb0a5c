/**
 * What is written into the ledger. The schemas are closed: there is no field that could name a participant, and an entry
 * with one more field is refused.
 */
import { z } from "zod";
import { canonicalBytes } from "../canonical.ts";
import type { TreeNode } from "../explain/tree.ts";
import { signedStatementSchema } from "../governance/review.ts";
import { componentsSchema } from "../model-file.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const signature = z.string().regex(/^[0-9a-f]{128}$/);
const run = z.string().min(1).max(64);
const count = z.int().min(0);
const question = z.enum(["profile", "train", "tree", "moments", "explain", "evaluate"]);
const privacy = z.strictObject({
  epsilon: z.number().min(0),
  delta: z.number().min(0),
  unit: z.enum(["record", "participant"]),
  relation: z.literal("add-remove"),
  truePositiveRate: z.number().min(0).max(1).optional(),
  alone: z.strictObject({ epsilon: z.number().min(0), truePositiveRate: z.number().min(0).max(1) }).optional(),
  trusting: z.strictObject({ epsilon: z.number().min(0), truePositiveRate: z.number().min(0).max(1) }).optional(),
});
const estimates = z.record(
  z.string(),
  z.strictObject({ value: z.number(), low: z.number(), high: z.number() }).nullable(),
);
const attributeReport = z.strictObject({
  gaps: estimates,
  fourFifths: z.enum(["below", "not below", "too few to say"]),
  byGroup: z.record(z.string(), estimates).optional(),
  tooFew: z.array(z.string()),
});
const metrics = z.strictObject({
  accuracy: z.number(),
  auc: z.number(),
  gaps: z.record(z.string(), z.number()),
  fairness: z.record(z.string(), attributeReport).optional(),
  constraints: z
    .array(
      z.strictObject({
        name: z.string().max(512),
        gap: z.number().nullable(),
        multiplier: z.number(),
        saturated: z.boolean(),
      }),
    )
    .optional(),
  drift: z
    .strictObject({
      sums: z.record(z.string(), z.strictObject({ above: z.number(), below: z.number() })),
      alarms: z.array(z.string()),
    })
    .optional(),
  calibration: z.strictObject({ scale: z.number(), shift: z.number() }).optional(),
  groupThresholds: z
    .strictObject({
      groups: z.array(z.string()),
      thresholds: z.array(z.number()),
      accuracy: z.number(),
      gap: z.number(),
    })
    .optional(),
  multiplier: z.number(),
  saturated: z.boolean().optional(),
  threshold: z.number(),
});
const figure = z.number().min(0).max(1);
const classFigures = z.strictObject({
  accuracy: figure,
  microF1: figure.optional(),
  macroF1: figure.optional(),
  weightedF1: figure.optional(),
  byClass: z
    .array(
      z.strictObject({
        name: z.string(),
        precision: figure,
        recall: figure,
        f1: figure,
        support: z.number().min(0),
        // Left out by earlier versions
        found: z.number().min(0).optional(),
      }),
    )
    .max(256)
    .optional(),
});
const rankingFigures = z.strictObject({
  hitRate: figure,
  ndcg: figure,
  persons: z.number().positive(),
  deviation: z.number().min(0),
});
const rankingReport = rankingFigures.extend({
  byGroup: z.record(z.string(), z.record(z.string(), rankingFigures)),
  gaps: z.record(z.string(), z.strictObject({ hitRate: figure, ndcg: figure, deviation: z.number().min(0) })),
});
const objective = z.strictObject({
  loss: z.number(),
  privacy: z.number(),
  fairness: z.number(),
  transparency: z.number(),
  compliance: z.number(),
  total: z.number(),
});
const importance = z.record(z.string(), z.number());
const bins = z.array(z.boolean()).max(512);
const treeNode: z.ZodType<TreeNode> = z.lazy(() =>
  z.strictObject({
    counts: z.tuple([z.number(), z.number()]),
    split: z
      .strictObject({ feature: count, left: bins, reached: bins, below: z.tuple([treeNode, treeNode]) })
      .optional(),
  }),
) as z.ZodType<TreeNode>;
export const recordSchema = z.strictObject({
  round: count,
  question,
  state: z.enum(["finished", "aborted"]),
  reason: z.string().max(64).optional(),
  cohort: count,
  survivors: count,
  dropped: z.record(z.string().max(32), count),
  privacy,
  metrics: metrics.optional(),
  classes: classFigures.optional(),
  ranking: rankingReport.optional(),
  objective: objective.optional(),
  /** Of `explain`: mean absolute attribution by feature, logits; and by group of each sensitive attribute */
  importance: importance.optional(),
  importanceByGroup: z.record(z.string(), z.record(z.string(), importance)).optional(),
  importanceDeviation: z.number().min(0).optional(),
  /** Of `tree`: the surrogate tree so far */
  tree: treeNode.optional(),
  /** Of `moments`: principal components of the inputs that rise above the noise */
  components: componentsSchema.optional(),
  /** Of `evaluate`, where a tree was grown: share of held-back rows on which it decides as the model */
  fidelity: z.number().min(0).max(1).optional(),
  clip: z.strictObject({ norm: z.number().positive(), within: z.number().min(0).max(1) }).optional(),
  modelHash: hash,
  duration: z.number().min(0),
  finishedAt: z.iso.datetime(),
});
const attempt = { run, round: count, attempt: count };

export const entrySchema = z.discriminatedUnion("kind", [
  /** A task waits for its reviewers */
  z.strictObject({ kind: z.literal("proposal"), run, taskHash: hash, task: z.json(), at: z.iso.datetime() }),
  /** A reviewer decided */
  z.strictObject({ kind: z.literal("review"), run, statement: signedStatementSchema }),
  /** A task was launched */
  z.strictObject({
    kind: z.literal("run"),
    run,
    taskHash: hash,
    task: z.json(),
    seed: count,
    startedAt: z.iso.datetime(),
    /** Of every reviewer whom the task names */
    approvals: z.array(signedStatementSchema).optional(),
  }),
  /** A question is about to be asked of this model */
  z.strictObject({
    kind: z.literal("announcement"),
    ...attempt,
    question,
    announcementHash: hash,
    modelHash: hash,
    /** Of all files of the pages that the coordinator served then (coordinator/pages.ts) */
    pagesHash: hash.optional(),
    /** Where clipping is adaptive: that of this round */
    clipNorm: z.number().positive().optional(),
  }),
  /** A sum is about to be decoded: its cost, before anything is known of it */
  z.strictObject({
    kind: z.literal("charge"),
    ...attempt,
    question,
    portion: z.enum(["train", "heldBack"]),
    noiseMultiplier: z.number().positive(),
    sampleRate: z.number().positive().max(1),
    /** Shares that the noise was split into */
    honest: z.int().min(1),
    privacy,
  }),
  /** A sum was decoded, and what came of it */
  z.strictObject({
    kind: z.literal("round"),
    ...attempt,
    record: recordSchema,
    rosterHash: hash,
    sumHash: hash,
    /** Signatures on the round's result, of every witness whom the task names, in its order */
    witnesses: z.array(signature).optional(),
  }),
  /** An attempt ended with nothing revealed */
  z.strictObject({ kind: z.literal("abort"), ...attempt, record: recordSchema }),
  /** The run is over */
  z.strictObject({
    kind: z.literal("end"),
    run,
    state: z.enum(["finished", "stopped", "failed"]),
    reason: z.string().max(512),
    modelHash: hash,
    /** What the model needs beside its parameters (model-file.ts); absent when the run ended before its profile */
    contextHash: hash.optional(),
    privacy,
    gates: z.array(z.strictObject({ gate: z.json(), value: z.number().nullable(), met: z.boolean().nullable() })),
  }),
  /** A participant took their consent back; who, is written nowhere */
  z.strictObject({ kind: z.literal("withdrawal"), run, at: z.iso.datetime() }),
  /** The time for which a run's participants are remembered is over: they are forgotten */
  z.strictObject({ kind: z.literal("retention"), run, at: z.iso.datetime() }),
  /** The model left the coordinator */
  z.strictObject({ kind: z.literal("export"), run, modelHash: hash, format: z.string().max(32), at: z.iso.datetime() }),
]);

export type LedgerEntry = z.infer<typeof entrySchema>;

/** C2SP tlog-tiles: an entry's length is a 16-bit number. */
const largestEntry = 65_535;

/** The entry as the log holds it: RFC 8785 JSON. @throws when it does not fit the schema or the size */
export function entryBytes(entry: LedgerEntry): Uint8Array<ArrayBuffer> {
  const bytes = canonicalBytes(entrySchema.parse(entry));
  if (bytes.length > largestEntry) throw new RangeError(`a ledger entry of ${bytes.length} bytes; ${largestEntry} fit`);
  return bytes;
}

/** Undefined unless the text is an entry in its one canonical spelling. */
export function parseEntry(text: string): LedgerEntry | undefined {
  try {
    const entry = entrySchema.parse(JSON.parse(text));
    return new TextDecoder("utf-8").decode(entryBytes(entry)) === text ? entry : undefined;
  } catch {
    return undefined;
  }
}
