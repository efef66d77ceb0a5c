/**
 * What a run asks next: profile → train … → tree … → moments → explain → evaluate, each until it has the answers that the task
 * asks for, as far as the privacy budget goes.
 */
import { minimumCohort } from "../shared/cohort.ts";
import { backgroundMean } from "../shared/explain/background.ts";
import { bareTree, openNodes, pruned, type TreeNode } from "../shared/explain/tree.ts";
import { chargeOf, type Plan } from "../shared/plan.ts";
import { announcedClip } from "../shared/privacy/adaptive-clipping.ts";
import { admit, type Charge } from "../shared/privacy/balance.ts";
import type { Question } from "../shared/questions/question.ts";
import type { RoundRecord } from "../shared/run-record.ts";
import type { Task } from "../shared/task.ts";
import type { Learner } from "./learner.ts";
import { selectionThreshold } from "./reading.ts";

type Kind = Question["kind"];

/** As far as what comes next depends on a run. */
export interface Course {
  task: Task;
  taskHash: string;
  plan: Plan;
  records: readonly RoundRecord[];
  charges: readonly Charge[];
}

/** Rounds of a kind that have their answer. */
export const answered = (records: readonly RoundRecord[], kind: Kind): number =>
  records.filter(({ question, state }) => question === kind && state === "finished").length;

/**
 * Undefined when all is done or what is left does not fit the budget. A question that would leave too little for those after
 * it is left out: a model nobody has judged is of no use.
 */
export function nextQuestion(course: Course): Kind | undefined {
  const { task, plan, records, charges } = course;
  const left = (kind: Kind) => Math.max(0, plan.rounds[kind] - answered(records, kind));
  const affordable = (first: Kind, ...after: Kind[]) => {
    const kinds = [first, ...after.flatMap((kind) => Array<Kind>(left(kind)).fill(kind))];
    // Before anybody is asked: as of the smallest cohort.
    const at = { round: 0, attempt: 1, cohort: minimumCohort(task) };
    const all = [...charges, ...kinds.map((kind) => chargeOf(course, kind, at))];
    return admit(all.slice(0, -1), all.at(-1)!, task.privacy).admitted;
  };
  if (left("profile") > 0) return affordable("profile") ? "profile" : undefined;
  if (left("train") > 0 && affordable("train", "tree", "moments", "explain", "evaluate")) return "train";
  if (treeGrows(course) && affordable("tree", "moments", "explain", "evaluate")) return "tree";
  if (left("moments") > 0 && affordable("moments", "explain", "evaluate")) return "moments";
  if (left("explain") > 0 && affordable("explain", "evaluate")) return "explain";
  if (left("evaluate") > 0 && affordable("evaluate")) return "evaluate";
  return undefined;
}

/** The question in full, as it is announced. */
export function compose(kind: Kind, { task, records }: Pick<Course, "task" | "records">, learner: Learner): Question {
  if (kind === "profile") return { kind };
  const { normalisation, marginals } = learner.profile!;
  const { items, label } = task.data;
  const popularity = items && { popularity: marginals[label.column]! };
  if (kind === "train") {
    const clip = announcedClip(task, records);
    return { kind, normalisation, witness: learner.witness, ...(clip && { clip }), ...popularity };
  }
  const threshold = selectionThreshold(task, learner);
  const tree = treeOf(records);
  switch (kind) {
    case "tree":
      return { kind, normalisation, threshold, tree: tree ?? bareTree, level: answered(records, "tree") };
    case "moments":
      return { kind, normalisation };
    case "explain":
      return { kind, normalisation, baseline: backgroundMean(task, learner.profile!) };
    case "evaluate":
      return { kind, normalisation, thresholds: [0, threshold], ...(tree && { tree: pruned(tree) }), ...popularity };
  }
}

/** The surrogate tree as far as it has grown. */
const treeOf = (records: readonly RoundRecord[]): TreeNode | undefined =>
  records.filter(({ tree }) => tree !== undefined).at(-1)?.tree;

/** Whether a deeper level would have anything to split. */
function treeGrows({ plan, records }: Course): boolean {
  const level = answered(records, "tree");
  return level < plan.rounds.tree && openNodes(treeOf(records) ?? bareTree, level).length > 0;
}
