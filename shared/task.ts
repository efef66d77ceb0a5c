/**
 * A task: what is learned, from which columns, under which promises. It is written as YAML by the
 * coordinator (the person), hashed, entered in the ledger, and checked by every tab before it trains;
 * everything both ends must agree on is derived from it (see plan.ts), so nothing can be changed in secret.
 */
import { z } from "zod";
import { hashOf } from "./canonical.ts";
import { layerSchema } from "./layers.ts";
import { encoderSchema } from "./text/encoders.ts";
import { tagsOf } from "./text/tags.ts";

// Zod probes `new Function`, which our content security policy forbids.
z.config({ jitless: true });

const name = z.string().min(1).max(64);

export const largestCohort = 10_000;

const numericFeature = z.strictObject({
  name,
  kind: z.literal("numeric"),
  min: z.number().describe("Values below are raised to it. A public fact about the column, never read from the data."),
  max: z.number().describe("Values above are lowered to it."),
  scale: z
    .enum(["linear", "log"])
    .default("linear")
    .describe("`log` means sign(x)·ln(1 + |x|), for amounts that span powers of ten"),
  missing: z.array(z.string()).default([]).describe("Cell texts that mean «not known», beside the empty cell and ?"),
});

const categoricalFeature = z.strictObject({
  name,
  kind: z.literal("categorical"),
  values: z.array(z.string().min(1)).min(2).max(256).describe("All values told apart; anything else counts as «other»"),
});

const imageSide = z.int().min(4).max(96).describe("Pixels");

const group = z
  .strictObject({
    name,
    values: z.array(z.string()).optional().describe("Cell texts that belong to the group"),
    from: z.number().optional().describe("Or a range of a numeric column: from ≤ x"),
    below: z.number().optional().describe("…and x < below"),
  })
  .refine((g) => (g.values !== undefined) !== (g.from !== undefined || g.below !== undefined), {
    message: "give either `values` or a range (`from`, `below`)",
  });

const sensitiveAttribute = z.strictObject({
  name,
  column: z.string().min(1),
  groups: z.array(group).min(2).max(16),
});

const plainGateMetrics = ["accuracy", "auc", "microF1", "macroF1", "hitRate", "ndcg", "epsilon", "cohort"] as const;
/** Of `fairness.attribute`, named as in shared/fairness/report.ts */
const groupGateMetrics = [
  "demographicParityDifference",
  "demographicParityRatio",
  "equalizedOddsDifference",
  "equalizedOddsRatio",
  "equalOpportunityDifference",
  "aucGap",
  "calibrationGap",
  "worstGroupAccuracy",
] as const;

/** One file each in fairness/witnesses/ */
const penaltyName = z.enum([
  "none",
  "demographic-parity",
  "mean-score-parity",
  "equal-opportunity",
  "equalized-odds",
  "log-ratio",
  "auc-gap",
  "mmd",
  "wasserstein",
  "calibration",
]);
const groupPair = z
  .tuple([z.string(), z.string()])
  .describe("The two groups held together; without it every group is held to all the others");

const purpose = z.string().min(10).max(2000);

export const taskSchema = z.strictObject({
  name,
  purpose: purpose.describe("Why the model is trained, in words a participant understands"),
  purposeIn: z
    .strictObject({ en: purpose.optional(), zh: purpose.optional() })
    .optional()
    .describe("The same in other languages of the page"),
  data: z.strictObject({
    label: z.union([
      z.strictObject({
        column: z.string().min(1),
        positive: z.string().describe("The cell text of the favourable outcome"),
        negative: z.string().describe("The cell text of the other outcome"),
      }),
      z.strictObject({
        column: z.string().min(1),
        classes: z.array(z.string().min(1)).min(3).max(256).describe("The cell texts of three and more outcomes"),
      }),
      z.strictObject({
        column: z.string().min(1),
        entities: z
          .array(z.string().regex(/^\S+$/))
          .min(1)
          .max(32)
          .describe("Types of names to find: the cell has a BIO tag for each word of the text, as «B-PER I-PER O»"),
      }),
      z.strictObject({
        column: z.string().min(1),
        order: z
          .string()
          .min(1)
          .describe(
            "Of choices among `items`: a column of numbers; the largest is the last choice, which is held back",
          ),
      }),
    ]),
    features: z
      .array(z.discriminatedUnion("kind", [numericFeature, categoricalFeature]))
      .max(256)
      .default([]),
    text: z
      .strictObject({
        column: z.string().min(1),
        tokens: z.int().min(4).max(512).default(32).describe("Pieces of words that are read; what is longer is cut"),
      })
      .optional()
      .describe("In the place of features: one column of English texts"),
    images: z
      .strictObject({
        column: z
          .string()
          .min(1)
          .default("image")
          .describe("In a table: an image file's name, or its pixels in base64, a byte a channel, row by row"),
        width: imageSide,
        height: imageSide,
        channels: z.literal([1, 3]).default(1).describe("1: shades of grey; 3: red, green, blue"),
      })
      .optional()
      .describe(
        "In the place of features: images, cut to their middle and scaled to this size. A folder's sub-folders are their labels",
      ),
    items: z
      .strictObject({
        sha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .describe("Of the catalogue's file, which each tab checks"),
        count: z.int().min(200).max(100_000),
        width: z.int().min(2).max(512).describe("Numbers of an item's vector"),
      })
      .optional()
      .describe(
        "In the place of features: a public catalogue, as `murmur catalogue` prints it. A row is one of its items that the person chose",
      ),
    sensitive: z.array(sensitiveAttribute).max(8).default([]),
    intersections: z
      .array(z.array(name).min(2).max(3))
      .max(4)
      .optional()
      .describe("Sensitive attributes to cross, as [sex, race]; the crossing is an attribute of its own, «sex & race»"),
    identifiers: z.array(z.string()).default([]).describe("Direct identifiers: dropped as soon as the file is read"),
    quasiIdentifiers: z.array(z.string()).default([]).describe("Columns of the k-anonymity report"),
    heldBack: z.number().min(0.05).max(0.5).default(0.2).describe("Share of each tab's rows kept for `evaluate`"),
  }),
  model: z.strictObject({
    layers: z
      .array(layerSchema)
      .min(1)
      .max(8)
      .prefault([{ kind: "dense", outputs: 1 }])
      .describe("From the features to the logit; one layer alone is logistic regression"),
    encoder: encoderSchema
      .optional()
      .describe("Of a text: what reads it before `layers`. It is frozen, but for its adapters"),
  }),
  privacy: z.strictObject({
    unit: z.enum(["record", "participant"]).describe("Whose presence is hidden: one row, or one participant"),
    epsilon: z.number().positive().max(100),
    delta: z.number().positive().max(0.01),
    clipNorm: z.number().positive().default(1).describe("L2 bound of one unit's model update"),
    clipping: z
      .enum(["fixed", "adaptive"])
      .optional()
      .describe("Participant level: `adaptive` moves the clip norm, from `clipNorm` on, to the median. Default: fixed"),
    sampleRate: z
      .number()
      .positive()
      .max(1)
      .default(1)
      .describe("Record level: chance of each row to be in a round's batch; the coin stays in the tab"),
    family: name
      .optional()
      .describe("Tasks of one family and unit share one balance in each tab. Default: each task has its own"),
    banded: z
      .strictObject({
        bands: z.int().min(2).max(100).describe("A tab takes part at most once in so many training rounds"),
        epsilon: z
          .number()
          .positive()
          .max(100)
          .describe("What all released models cost in the eyes of everybody but the coordinator"),
      })
      .optional()
      .describe(
        "Participant level, mode B: the coordinator adds noise that is correlated over the rounds. `epsilon` above stays what holds towards the coordinator",
      ),
    profileShare: z.number().min(0.01).max(0.5).default(0.1).describe("Share of epsilon given to the `profile` round"),
  }),
  regimes: z
    .array(z.enum(["ecoa"]))
    .optional()
    .describe("Laws the model is used under: ecoa is Regulation B, on credit in the United States"),
  cohort: z
    .strictObject({
      minimum: z.int().min(3).max(largestCohort).optional().describe("Default: 5 institutions (record) or 100 persons"),
      maximum: z.int().min(3).max(largestCohort).default(100),
      dropoutTolerance: z.number().min(0).max(0.5).default(0.1).describe("Largest share that may drop out of a round"),
      colludingShare: z.number().min(0).max(0.5).default(0.1).describe("Share whose noise is not counted on"),
      retentionDays: z
        .int()
        .min(0)
        .max(3650)
        .optional()
        .describe("Days after the run's end until participants' public keys are deleted (default: 30)"),
    })
    .prefault({}),
  witnesses: z
    .array(z.string().regex(/^[0-9a-f]{64}$/, "write a witness's public key as 64 lower-case hexadecimal digits"))
    .min(1)
    .max(8)
    .optional()
    .describe(
      "Public keys of independent witnesses that must sign every announcement, roster and result (`murmur witness`)",
    ),
  postQuantum: z
    .literal(true)
    .optional()
    .describe(
      "Pair secrets of ML-KEM-768 beside X25519, against traffic that is recorded until a quantum computer is there",
    ),
  training: z.strictObject({
    rounds: z.int().min(1).max(10000),
    learningRate: z.number().positive(),
    momentum: z.number().min(0).max(0.999).default(0),
    averageLast: z.number().min(0).max(1).default(0.3).describe("Share of last rounds whose models are averaged"),
    localEpochs: z.int().min(1).max(100).default(1).describe("Participant level: passes over the tab's rows a round"),
    localBatch: z.int().min(1).max(4096).default(32).describe("Participant level: rows a local step"),
    localLearningRate: z.number().positive().default(0.1).describe("Participant level: step of the local optimizer"),
    localOptimizer: z.enum(["sgd", "adam"]).default("sgd").describe("Participant level; it starts anew every round"),
    localMomentum: z.number().min(0).max(0.999).default(0).describe("Participant level: of the local SGD"),
    localProximal: z
      .number()
      .min(0)
      .max(1000)
      .default(0)
      .describe("Participant level: FedProx's μ, how strongly local steps are held to the round's model"),
  }),
  fairness: z
    .strictObject({
      penalty: penaltyName.default("none"),
      attribute: z.string().optional().describe("The sensitive attribute the penalty acts on"),
      groups: groupPair.optional(),
      also: z
        .array(
          z.strictObject({
            penalty: penaltyName.exclude(["none"]),
            attribute: z.string(),
            groups: groupPair.optional(),
            tolerance: z.number().min(0).max(1).optional().describe("Default: that of the first penalty"),
          }),
        )
        .max(8)
        .optional()
        .describe("Further penalties, held at the same time"),
      topShare: z.number().positive().max(0.99).optional().describe("Select the best share of scores…"),
      threshold: z.number().min(0.01).max(0.99).default(0.5).describe("…or every score above this probability"),
      tolerance: z.number().min(0).max(1).default(0.02),
      step: z
        .number()
        .positive()
        .max(10)
        .default(0.3)
        .describe("How much harder a penalty pulls after a round, for each unit of gap beyond half the tolerance"),
      memory: z
        .number()
        .min(0)
        .max(0.99)
        .optional()
        .describe("Share of the past in the running histogram; default 0.5, more where the noise is large"),
      largestSlope: z
        .number()
        .positive()
        .max(20)
        .optional()
        .describe("The most a row is pulled by a penalty, per logit; its own loss pulls by 1 at most. Default 2.5"),
      histogramShare: z
        .number()
        .min(0.05)
        .max(0.9)
        .optional()
        .describe(
          "Share c of a round's joint bound that measures gaps: their noise falls as 1/c, the update's rises as 1/√(1 − c²). Default 0.35",
        ),
      weights: z
        .enum(["none", "kamiran-calders", "worst-group", "q-fair"])
        .default("none")
        .describe("Weights on the loss by group and label"),
      thresholds: z
        .enum(["demographic-parity", "equal-opportunity", "equalized-odds"])
        .optional()
        .describe("After training, a decision threshold for each group that meets this; refused under ECOA"),
      q: z.number().positive().max(5).optional().describe("Of q-fair: a group's loss to this power is its weight"),
    })
    .prefault({}),
  explain: z
    .strictObject({
      share: z
        .number()
        .min(0.05)
        .max(0.8)
        .default(0.3)
        .describe("Share of epsilon for what weighs in the model, as much for the tree, as much for the components"),
      attributionBound: z
        .number()
        .positive()
        .max(100)
        .default(4)
        .describe("Largest L2 norm of one row's attributions, logits; longer ones are shortened to it"),
      treeDepth: z.int().min(0).max(6).default(4).describe("Levels of the surrogate tree, a round each; 0: no tree"),
      components: z
        .int()
        .min(0)
        .max(16)
        .default(0)
        .describe("Principal components of the inputs, from their noisy second moment; 0: none"),
    })
    .optional()
    .describe(
      "After training, ask by secure sums what weighs in the model, for a tree that stands for it, for components",
    ),
  objective: z
    .strictObject({
      privacy: z.number().min(0).default(1),
      fairness: z.number().min(0).default(2).describe("Also the damping of the fairness multiplier"),
      transparency: z.number().min(0).default(0).describe("Also the group-lasso strength on the first layer"),
      compliance: z.number().min(0).default(1),
    })
    .prefault({}),
  gates: z
    .array(
      z
        .strictObject({
          metric: z.enum([...plainGateMetrics, ...groupGateMetrics]),
          atMost: z.number().optional(),
          atLeast: z.number().optional(),
        })
        .refine((g) => (g.atMost === undefined) !== (g.atLeast === undefined), {
          message: "give exactly one of `atMost` and `atLeast`",
        }),
    )
    .default([])
    .describe("Conditions the model must meet before it can be exported"),
  review: z
    .strictObject({
      reviewers: z
        .array(
          z.strictObject({
            name,
            key: z
              .string()
              .regex(/^[0-9a-f]{64}$/)
              .describe("Ed25519, hex, as `murmur review-key` prints it"),
          }),
        )
        .min(1)
        .max(16),
      validDays: z.int().min(1).max(3650).default(90).describe("Days after which an approval has to be given anew"),
    })
    .optional()
    .describe("Who must sign before the task is launched; without it, it is launched at once"),
});

export type Task = z.output<typeof taskSchema>;

/** Days after a run's end for which a coordinator may know who took part. */
export const retentionDaysOf = ({ cohort }: Pick<Task, "cohort">): number => cohort.retentionDays ?? 30;

/** Whether a surrogate tree is grown after training. */
export const hasTree = ({ explain }: Pick<Task, "explain">): boolean => (explain?.treeDepth ?? 0) > 0;
/** Whether the inputs' second moment is asked for. */
export const hasComponents = ({ explain }: Pick<Task, "explain">): boolean => (explain?.components ?? 0) > 0;
/** Types of names that are to be found in texts, where the task is that. */
export const entityTypesOf = ({ data }: Pick<Task, "data">): readonly string[] | undefined =>
  "entities" in data.label ? data.label.entities : undefined;
/** The outcomes, where there are more than two; of names the tags of words. */
export const classesOf = ({ data: { label } }: Pick<Task, "data">): readonly string[] | undefined =>
  "classes" in label ? label.classes : "entities" in label ? tagsOf(label.entities) : undefined;
export type Feature = Task["data"]["features"][number];
export type SensitiveAttribute = Task["data"]["sensitive"][number];
export type Gate = Task["gates"][number];

export type PenaltyName = z.output<typeof penaltyName>;
export type GroupGateMetric = (typeof groupGateMetrics)[number];

export const isGroupMetric = (metric: Gate["metric"]): metric is GroupGateMetric =>
  (groupGateMetrics as readonly string[]).includes(metric);

export interface Attribute {
  name: string;
  /** Names of its groups, in the order of the cells */
  groups: string[];
  /** Indices into data.sensitive: one, or those that are crossed */
  from: number[];
}

/** The sensitive attributes, then their crossings; the groups of a crossing count up by the last attribute first. */
export function attributesOf({ data }: Pick<Task, "data">): Attribute[] {
  const crossings = (data.intersections ?? []).map((names) =>
    names.map((crossed) => data.sensitive.findIndex((a) => a.name === crossed)).filter((i) => i >= 0),
  );
  return [...data.sensitive.map((_, i) => [i]), ...crossings].map((from) => ({
    name: from.map((i) => data.sensitive[i]!.name).join(" & "),
    groups: from
      .map((i) => data.sensitive[i]!.groups.map((g) => g.name))
      .reduce((left, right) => left.flatMap((a) => right.map((b) => `${a} & ${b}`))),
    from,
  }));
}

export const taskJsonSchema = (): unknown => z.toJSONSchema(taskSchema, { io: "input" });

export const taskHash = (task: Task): Promise<string> => hashOf(task);
