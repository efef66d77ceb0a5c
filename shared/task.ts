/**
 * A task: what is learned, from which columns, under which promises. It is written as YAML by the
 * coordinator (the person), hashed, entered in the ledger, and checked by every tab before it trains;
 * everything both ends must agree on is derived from it (see plan.ts), so nothing can be changed in secret.
 */
import { z } from "zod";
import { hashOf } from "./canonical.ts";
import { graphFor, guaranteedCohort, minimumCohort } from "./cohort.ts";
import { InputError } from "./errors.ts";
import { layerSchema } from "./layers.ts";
import { architectureOf, operationsOf } from "./model.ts";
import { largestSharing } from "./secure-sum/shares.ts";
import { adaptableOf, encoderSchema, roomOf } from "./text/encoders.ts";
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
/** Of three and more outcomes, or of whole names */
const classGateMetrics: readonly string[] = ["microF1", "macroF1"];
/** Of choices among the items of a catalogue, at ten */
const rankingGateMetrics: readonly string[] = ["hitRate", "ndcg"];
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

/** A row's cell is one byte, of which 255 is kept (fairness/histogram.ts). */
const mostCells = 254;

/** Beyond it the eigenvectors would hold up the coordinator for more than a few seconds. */
const mostComponentInputs = 512;

/** Numbers of all components and of the mean together, so that a ledger entry (64 kB) holds them. */
const mostComponentNumbers = 4096;

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

export interface TaskProblem {
  /** e.g. ["privacy", "epsilon"] */
  path: (string | number)[];
  problem: string;
}

/** All that is wrong with a would-be task: first the shape, then what the shape cannot say. */
export function checkTask(value: unknown): { task: Task } | { problems: TaskProblem[] } {
  const parsed = taskSchema.safeParse(value);
  if (!parsed.success) {
    return {
      problems: parsed.error.issues.map((issue) => ({
        path: issue.path as (string | number)[],
        problem: issue.message,
      })),
    };
  }
  const task = parsed.data;
  const problems: TaskProblem[] = [];
  const report = (path: (string | number)[], problem: string) => problems.push({ path, problem });

  const featureNames = new Set<string>();
  task.data.features.forEach((feature, i) => {
    if (featureNames.has(feature.name))
      report(["data", "features", i, "name"], `«${feature.name}» stands twice; name each column once`);
    featureNames.add(feature.name);
    if (feature.name === task.data.label.column)
      report(["data", "features", i, "name"], "is the label; a model must not read what it predicts");
    if (task.data.identifiers.includes(feature.name))
      report(["data", "features", i, "name"], "is listed as an identifier; leave it out of the features");
    if (feature.kind === "numeric" && !(feature.max > feature.min))
      report(["data", "features", i, "max"], "must be above `min`");
  });
  if (hasComponents(task)) {
    const inputs = task.data.features.reduce((sum, f) => sum + (f.kind === "numeric" ? 1 : f.values.length), 0);
    const { components } = task.explain!;
    if (components > inputs) report(["explain", "components"], `is more than the ${inputs} inputs; lower it`);
    else if (inputs > mostComponentInputs)
      report(
        ["explain", "components"],
        `are of ${inputs} inputs, and up to ${mostComponentInputs} can be; set it to 0`,
      );
    else if ((components + 1) * inputs > mostComponentNumbers)
      report(
        ["explain", "components"],
        `make ${(components + 1) * inputs} numbers with the mean, and ${mostComponentNumbers} fit the ledger; lower it`,
      );
  }
  const classes = classesOf(task);
  const outputs = classes?.length ?? 1;
  task.model.layers.forEach((layer, i) => {
    const last = i === task.model.layers.length - 1;
    if (layer.kind === "conv2d" || layer.kind === "max-pool2d") {
      if (!task.data.images)
        report(["model", "layers", i, "kind"], `must be dense: a table's columns have no neighbours for ${layer.kind}`);
      else if (last)
        report(["model", "layers", i, "kind"], "must be dense in the last layer, whose output is the logit");
    } else if (layer.kind !== "dense")
      report(["model", "layers", i, "kind"], `must be dense: there are no tokens here for ${layer.kind}`);
    else if (layer.frozen || layer.adapter !== undefined)
      report(["model", "layers", i, layer.frozen ? "frozen" : "adapter"], "is an encoder's matter; leave it out");
    else if (layer.activation === "gelu")
      report(["model", "layers", i, "activation"], "must be relu, tanh or sigmoid: explanations and ONNX know these");
    else if (last && layer.outputs !== outputs)
      report(
        ["model", "layers", i, "outputs"],
        outputs === 1
          ? "must be 1 in the last layer, whose output is the logit"
          : `must be ${outputs} in the last layer, a logit for each class${entityTypesOf(task) ? ": O, and B and I of each type" : ""}`,
      );
    else if (last && layer.activation !== "none")
      report(["model", "layers", i, "activation"], "must be none in the last layer, whose output is the logit");
  });
  checkText(task, report);
  checkImages(task, report);
  checkItems(task, report);
  if (classes) checkClasses(task, classes, report);
  else if ("positive" in task.data.label && task.data.label.positive === task.data.label.negative)
    report(["data", "label", "negative"], "must differ from `positive`");

  const known = attributesOf(task);
  task.data.intersections?.forEach((names, i) => {
    names.forEach((crossed, j) => {
      if (!task.data.sensitive.some((a) => a.name === crossed))
        report(
          ["data", "intersections", i, j],
          `«${crossed}» is not among data.sensitive; list it there or correct the name`,
        );
    });
    if (new Set(names).size < names.length)
      report(["data", "intersections", i], "names an attribute twice; cross different ones");
  });
  if (known.reduce((sum, a) => sum + a.groups.length, 0) > mostCells)
    report(["data", "sensitive"], `have more than ${mostCells} groups, crossings included; make them fewer`);
  const { fairness } = task;
  const checkAttribute = (path: (string | number)[], name: string, groups: readonly string[] | undefined) => {
    const attribute = known.find((a) => a.name === name);
    if (!attribute) {
      report([...path, "attribute"], `«${name}» is not among data.sensitive; list it there or correct the name`);
      return;
    }
    groups?.forEach((groupName, i) => {
      if (!attribute.groups.includes(groupName)) {
        report(
          [...path, "groups", i],
          `«${groupName}» is not a group of ${attribute.name}; use one of ${attribute.groups.join(", ")}`,
        );
      }
    });
    if (groups && groups[0] === groups[1]) report([...path, "groups", 1], "must differ from the first group");
  };
  if (fairness.attribute !== undefined) checkAttribute(["fairness"], fairness.attribute, fairness.groups);
  else if (fairness.penalty !== "none" || fairness.weights !== "none")
    report(["fairness", "attribute"], "is missing; name one of the sensitive attributes");
  fairness.also?.forEach(({ attribute, groups }, i) => {
    checkAttribute(["fairness", "also", i], attribute, groups);
  });
  if (fairness.also && fairness.penalty === "none")
    report(["fairness", "penalty"], "is none although `also` names penalties; put the first of them here");
  if (fairness.thresholds !== undefined && fairness.attribute === undefined)
    report(["fairness", "attribute"], "is missing; name the one whose groups get thresholds of their own");
  if (fairness.thresholds !== undefined && task.regimes?.includes("ecoa"))
    report(
      ["fairness", "thresholds"],
      "would use the group in each decision, which is disparate treatment under ECOA; leave it out, or the regime",
    );
  if (fairness.q !== undefined && fairness.weights !== "q-fair")
    report(["fairness", "q"], "is only used by the weights `q-fair`; leave it out");
  task.gates.forEach((gate, i) => {
    if (isGroupMetric(gate.metric) && fairness.attribute === undefined)
      report(["gates", i, "metric"], "needs fairness.attribute; name it, also when the penalty is `none`");
    if (classGateMetrics.includes(gate.metric) && classesOf(task) === undefined)
      report(["gates", i, "metric"], `is ${gate.metric}, of classes or names; use accuracy or auc`);
    if (rankingGateMetrics.includes(gate.metric) && !task.data.items)
      report(["gates", i, "metric"], `is ${gate.metric}, of choices among items; use accuracy or auc`);
  });
  task.review?.reviewers.forEach(({ key, name }, i, all) => {
    if (all.some((other, j) => j < i && (other.key === key || other.name === name)))
      report(["review", "reviewers", i], "stands twice; name each reviewer once, with a key of their own");
  });
  if (task.privacy.unit === "participant" && task.privacy.sampleRate !== 1) {
    report(
      ["privacy", "sampleRate"],
      "must be 1 at participant level: the coordinator sees who takes part, so sampling hides nothing",
    );
  }
  if (task.privacy.banded && (task.privacy.unit === "record" || task.privacy.clipping === "adaptive"))
    report(["privacy", "banded"], "is for participants and a fixed clip norm; leave it out, or change those");
  if (task.privacy.unit === "record" && task.privacy.clipping === "adaptive")
    report(["privacy", "clipping"], "is adaptive at record level, where each row is clipped; leave it out");
  if (new Set(task.witnesses).size < (task.witnesses?.length ?? 0))
    report(["witnesses"], "names one witness twice; name each once");
  if (task.cohort.maximum < minimumCohort(task))
    report(["cohort", "maximum"], `must be at least the minimum of ${minimumCohort(task)}`);
  if (graphFor(task, task.cohort.maximum) === undefined)
    report(
      ["cohort", "maximum"],
      `of ${task.cohort.maximum} needs more than ${largestSharing} neighbours for each member, at these shares of dropouts and colluders; lower it, \`dropoutTolerance\` or \`colludingShare\``,
    );
  const { survivors, honest } = guaranteedCohort(task, minimumCohort(task));
  if (survivors < 2 || honest < 1)
    report(
      ["cohort", "dropoutTolerance"],
      "leaves no honest survivor in the smallest cohort; lower it or `colludingShare`",
    );
  return problems.length > 0 ? { problems } : { task };
}

type Report = (path: (string | number)[], problem: string) => void;

function checkText({ data, model, explain }: Task, report: Report): void {
  const { text, images, items, features, label } = data;
  const tagged = "entities" in label;
  if (text === undefined) {
    if (tagged) report(["data", "text"], "is missing: names are found in texts; name their column");
    if (features.length === 0 && !images && !items)
      report(["data", "features"], "are missing; list the columns to read, or name a `text` or `images`");
    if (model.encoder) report(["model", "encoder"], "reads texts; name the column in `data.text`, or leave it out");
    return;
  }
  if (features.length > 0) report(["data", "features"], "stand beside a `text`; leave one of them out");
  if (text.column === label.column)
    report(["data", "text", "column"], "is the label; a model must not read what it predicts");
  if (!model.encoder) {
    report(["model", "encoder"], "is missing: a text needs one; write `encoder: { name: use-lite }`");
    return;
  }
  const { output, adapters } = model.encoder;
  if (tagged !== (output === "tokens"))
    report(
      ["model", "encoder", "output"],
      tagged ? "must be tokens, to find names" : "is tokens, which only names need",
    );
  const names: readonly string[] = adapters;
  if (output !== "sentence" && names.includes("sentence"))
    report(["model", "encoder", "adapters"], "name `sentence`, which only the output `sentence` has; leave one out");
  const unknown = names.find((adapted) => !adaptableOf(model.encoder!).includes(adapted));
  if (unknown !== undefined)
    report(["model", "encoder", "adapters"], `name ${unknown}, a matrix that this encoder has not; leave it out`);
  if (text.tokens > roomOf(model.encoder))
    report(["data", "text", "tokens"], `are more than the ${roomOf(model.encoder)} that the encoder reads; lower them`);
  if (new Set(names).size < names.length)
    report(["model", "encoder", "adapters"], "name a matrix twice; name each once");
  if (explain) report(["explain"], "is about columns, which a text has not; leave it out");
}

function checkImages(task: Task, report: Report): void {
  const { images, text, features, label } = task.data;
  if (images === undefined) return;
  if (features.length > 0) report(["data", "features"], "stand beside `images`; leave one of them out");
  if (text) report(["data", "text"], "stands beside `images`; leave one of them out");
  if (images.column === label.column)
    report(["data", "images", "column"], "is the label; a model must not read what it predicts");
  if (task.explain) report(["explain"], "is about columns, which an image has not; leave it out");
  if (features.length > 0 || text) return;
  try {
    operationsOf(architectureOf(task));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const [, ...path] = error.field.split(".");
    const place = path.map((step) => (/^\d+$/.test(step) ? Number(step) : step));
    const fix = `${error.fix[0]!.toLowerCase()}${error.fix.slice(1).replace(/\.$/, "")}`;
    report(["model", "layers", ...place], `${error.problem}; ${fix}`);
  }
}

/** A person's choices are rows that belong together, so it is the person who is protected, and nothing stands beside them. */
function checkItems({ data, privacy, explain }: Task, report: Report): void {
  const { items, text, images, features, label } = data;
  if (items === undefined) {
    if ("order" in label) report(["data", "items"], "are missing: choices are among the items of a catalogue; name it");
    return;
  }
  if (!("order" in label))
    report(["data", "label"], "needs `order`, the column that says which of the choices came last");
  if (features.length > 0 || text || images)
    report(["data", "items"], "stand beside features, a `text` or `images`; leave one of them out");
  if (privacy.unit === "record")
    report(["privacy", "unit"], "must be participant: all choices of a person are behind each of their rows");
  if (explain) report(["explain"], "is about columns, which a choice has not; leave it out");
}

/** Tables and penalties are about one logit, and a group's figures about two outcomes. */
function checkClasses(task: Task, classes: readonly string[], report: Report): void {
  const { data, fairness, explain, gates } = task;
  if (new Set(classes).size < classes.length) {
    const field = entityTypesOf(task) ? "entities" : "classes";
    report(["data", "label", field], "name an outcome twice; name each once");
  }
  if (data.sensitive.length > 0)
    report(["data", "sensitive"], "are counted for two outcomes only; leave them out, or make it two");
  if (fairness.penalty !== "none" || fairness.weights !== "none")
    report(["fairness"], "has a penalty or weights, which act on two outcomes only; leave them out");
  if (explain) report(["explain"], "is about two outcomes only; leave it out");
  gates.forEach(({ metric }, i) => {
    if (metric === "auc") report(["gates", i, "metric"], "is auc, of two outcomes only; use accuracy");
  });
}

/** Checks a value that claims to be a task; throws an InputError that names the first wrong field. */
export function asTask(value: unknown): Task {
  const checked = checkTask(value);
  if ("task" in checked) return checked.task;
  const first = checked.problems[0]!;
  throw new InputError(first.path.join(".") || "task", first.problem, "Correct the task file.");
}

export const taskJsonSchema = (): unknown => z.toJSONSchema(taskSchema, { io: "input" });

export const taskHash = (task: Task): Promise<string> => hashOf(task);
