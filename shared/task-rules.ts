/** What the shape of a task cannot say: which of its fields fit together. */
import { graphFor, guaranteedCohort, minimumCohort } from "./cohort.ts";
import { InputError } from "./errors.ts";
import { architectureOf, operationsOf } from "./model.ts";
import { largestSharing } from "./secure-sum/shares.ts";
import { attributesOf, classesOf, entityTypesOf, hasComponents, isGroupMetric, type Task, taskSchema } from "./task.ts";
import { adaptableOf, roomOf } from "./text/encoders.ts";

export interface TaskProblem {
  /** e.g. ["privacy", "epsilon"] */
  path: (string | number)[];
  problem: string;
}

type Report = (path: TaskProblem["path"], problem: string) => void;

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
  for (const rule of rules) rule(task, (path, problem) => problems.push({ path, problem }));
  return problems.length > 0 ? { problems } : { task };
}

/** Checks a value that claims to be a task; throws an InputError that names the first wrong field. */
export function asTask(value: unknown): Task {
  const checked = checkTask(value);
  if ("task" in checked) return checked.task;
  const first = checked.problems[0]!;
  throw new InputError(first.path.join(".") || "task", first.problem, "Correct the task file.");
}

/** In the order of what is told: an error at the command line names the first. */
const rules: readonly ((task: Task, report: Report) => void)[] = [
  checkFeatures,
  checkComponents,
  checkLayers,
  checkText,
  checkImages,
  checkItems,
  checkOutcomes,
  checkClasses,
  checkGroups,
  checkFairness,
  checkGates,
  checkReviewers,
  checkPrivacy,
  checkWitnesses,
  checkCohort,
];

function checkFeatures(task: Task, report: Report): void {
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
}

/** Beyond it the eigenvectors would hold up the coordinator for more than a few seconds. */
const mostComponentInputs = 512;

/** Numbers of all components and of the mean together, so that a ledger entry (64 kB) holds them. */
const mostComponentNumbers = 4096;

function checkComponents(task: Task, report: Report): void {
  if (!hasComponents(task)) return;
  const inputs = task.data.features.reduce((sum, f) => sum + (f.kind === "numeric" ? 1 : f.values.length), 0);
  const { components } = task.explain!;
  if (components > inputs) report(["explain", "components"], `is more than the ${inputs} inputs; lower it`);
  else if (inputs > mostComponentInputs)
    report(["explain", "components"], `are of ${inputs} inputs, and up to ${mostComponentInputs} can be; set it to 0`);
  else if ((components + 1) * inputs > mostComponentNumbers)
    report(
      ["explain", "components"],
      `make ${(components + 1) * inputs} numbers with the mean, and ${mostComponentNumbers} fit the ledger; lower it`,
    );
}

function checkLayers(task: Task, report: Report): void {
  const outputs = classesOf(task)?.length ?? 1;
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
}

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

function checkOutcomes({ data: { label } }: Task, report: Report): void {
  if ("positive" in label && label.positive === label.negative)
    report(["data", "label", "negative"], "must differ from `positive`");
}

/** Tables and penalties are about one logit, and a group's figures about two outcomes. */
function checkClasses(task: Task, report: Report): void {
  const classes = classesOf(task);
  if (!classes) return;
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

/** A row's cell is one byte, of which 255 is kept (fairness/histogram.ts). */
const mostCells = 254;

function checkGroups(task: Task, report: Report): void {
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
  if (attributesOf(task).reduce((sum, a) => sum + a.groups.length, 0) > mostCells)
    report(["data", "sensitive"], `have more than ${mostCells} groups, crossings included; make them fewer`);
}

function checkFairness(task: Task, report: Report): void {
  const { fairness } = task;
  const known = attributesOf(task);
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
}

/** Of three and more outcomes, or of whole names */
const classGateMetrics: readonly string[] = ["microF1", "macroF1"];
/** Of choices among the items of a catalogue, at ten */
const rankingGateMetrics: readonly string[] = ["hitRate", "ndcg"];

function checkGates(task: Task, report: Report): void {
  task.gates.forEach((gate, i) => {
    if (isGroupMetric(gate.metric) && task.fairness.attribute === undefined)
      report(["gates", i, "metric"], "needs fairness.attribute; name it, also when the penalty is `none`");
    if (classGateMetrics.includes(gate.metric) && classesOf(task) === undefined)
      report(["gates", i, "metric"], `is ${gate.metric}, of classes or names; use accuracy or auc`);
    if (rankingGateMetrics.includes(gate.metric) && !task.data.items)
      report(["gates", i, "metric"], `is ${gate.metric}, of choices among items; use accuracy or auc`);
  });
}

function checkReviewers(task: Task, report: Report): void {
  task.review?.reviewers.forEach(({ key, name }, i, all) => {
    if (all.some((other, j) => j < i && (other.key === key || other.name === name)))
      report(["review", "reviewers", i], "stands twice; name each reviewer once, with a key of their own");
  });
}

function checkPrivacy(task: Task, report: Report): void {
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
}

function checkWitnesses(task: Task, report: Report): void {
  if (new Set(task.witnesses).size < (task.witnesses?.length ?? 0))
    report(["witnesses"], "names one witness twice; name each once");
}

function checkCohort(task: Task, report: Report): void {
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
}
