/**
 * What is known of a run: the coordinator keeps it, the API and `watch --json` print it, the console draws it.
 * Every number in it is derived from noisy sums or from the protocol's own bookkeeping, never from one participant.
 */
import type { PrivacyUnit } from "./cohort.ts";
import type { TreeNode } from "./explain/tree.ts";
import type { ClassFigures } from "./fairness/class-figures.ts";
import type { ConstraintStep } from "./fairness/controller.ts";
import type { Drift } from "./fairness/monitor.ts";
import type { AttributeReport } from "./fairness/report.ts";
import type { Calibration, GroupThresholds } from "./fairness/thresholds.ts";
import type { Standing } from "./governance/review.ts";
import type { PrincipalComponents } from "./model-file.ts";
import type { ClipStep } from "./privacy/adaptive-clipping.ts";
import type { ExplainSum } from "./questions/explain.ts";
import type { Question } from "./questions/question.ts";
import type { RankingReport } from "./recommend/report.ts";
import type { Task } from "./task.ts";

/**
 * `proposed`: its reviewers have not all approved, so nobody can join and nothing is asked. `held`: by the operator;
 * participants may come, and nothing new is asked
 */
export type RunState = "proposed" | "waiting" | "held" | "running" | "finished" | "stopped" | "failed";
export type QuestionKind = Question["kind"];

/** The phases of a round, in order; see shared/round. */
export type Phase = "announce" | "ready" | "shares" | "masked" | "unmask" | "result";

/** An ε never travels without its δ, its unit and its neighbouring relation. */
export interface PrivacyStatement {
  epsilon: number;
  delta: number;
  unit: PrivacyUnit;
  relation: "add-remove";
  /** Most of those who took part that an attacker finds out with 1 % false positives; see privacy/power.ts */
  truePositiveRate?: number;
  /** The same two if everybody but one tab colludes with the coordinator: then only that tab's own noise is left */
  alone?: { epsilon: number; truePositiveRate: number };
  /** Of a task with correlated noise: the same two towards everybody but the coordinator, which is trusted for them */
  trusting?: { epsilon: number; truePositiveRate: number };
}

/** The seed's objective, L + α₁·privacy + α₂·fairness + α₃·transparency + α₄·compliance, term by term. */
export interface ObjectiveTerms {
  /** Cross-entropy estimated from the noisy score histogram, nats */
  loss: number;
  /** ε spent over ε promised */
  privacy: number;
  /** F: half the squared gap the penalty acts on */
  fairness: number;
  /** Group-lasso norm of the first layer */
  transparency: number;
  /** Sum of hinges over violated gates */
  compliance: number;
  /** The weighted sum */
  total: number;
}

export interface RoundRecord {
  round: number;
  question: QuestionKind;
  state: "finished" | "aborted";
  /** Why it was aborted, a DropReason code or plain words; absent when finished */
  reason?: string;
  cohort: number;
  survivors: number;
  /** Survivors by reason of their loss, e.g. { disconnected: 2 } */
  dropped: Record<string, number>;
  privacy: PrivacyStatement;
  /** Present for `train` and `evaluate` */
  metrics?: {
    accuracy: number;
    auc: number;
    /** demographicParityDifference by sensitive attribute, or of the two penalised groups; of one with too few rows none */
    gaps: Record<string, number>;
    /** By sensitive attribute: every gap with its interval; figures by group where held-back rows were asked for */
    fairness?: Record<string, Omit<AttributeReport, "byGroup"> & Partial<Pick<AttributeReport, "byGroup">>>;
    /** Of `train`, with penalties: each constraint as it stands */
    constraints?: ConstraintStep[];
    /** Of `train`, where an attribute is named: whether its gap drifts out of the tolerance */
    drift?: Drift;
    /** Of `evaluate`: what would calibrate the scores, and a threshold a group where the task asks for them */
    calibration?: Calibration;
    groupThresholds?: GroupThresholds & { groups: string[] };
    /** Of the multipliers in force in the next round the largest, with its sign; 0 without a penalty */
    multiplier: number;
    /** Of `train`: a penalty pushed as hard as it may, and its gap was still above the tolerance */
    saturated?: boolean;
    /** The score above which a row is selected, as a probability */
    threshold: number;
  };
  /** Of a task with classes, of `train` the accuracy alone: in the place of metrics, which are of one score */
  classes?: { accuracy: number } & Partial<Omit<ClassFigures, "accuracy" | "byClass">> & {
      byClass?: (Omit<ClassFigures["byClass"][number], "found"> & { found?: number | undefined })[] | undefined;
    };
  /** Of `evaluate`, of a task with items: where last choices stand among others; by group of each sensitive attribute */
  ranking?: RankingReport;
  objective?: ObjectiveTerms;
  /** Of `explain`: mean absolute attribution by feature, logits; and by group of each sensitive attribute */
  importance?: ExplainSum["importance"];
  importanceByGroup?: ExplainSum["byGroup"];
  /** Standard deviation of the noise on everybody's, logits */
  importanceDeviation?: number;
  /** Of `tree`: the surrogate tree so far */
  tree?: TreeNode;
  /** Of `moments`: principal components of the inputs that rise above the noise */
  components?: PrincipalComponents;
  /** Of `evaluate`, where a tree was grown: share of held-back rows on which it decides as the model */
  fidelity?: number;
  /** Of `train`, where clipping is adaptive: the round's clip norm, and how many were within it */
  clip?: ClipStep;
  /** SHA-256 of the parameters after the round */
  modelHash: string;
  /** ms */
  duration: number;
  /** ISO 8601 */
  finishedAt: string;
}

/** Whether a run in this state may still ask something. */
export const isOver = (state: RunState): boolean => state === "finished" || state === "stopped" || state === "failed";

/** How far the phase under way has come: numbers of members, never which. */
export interface Progress {
  /** Of whom a message is awaited in this phase */
  asked: number;
  answered: number;
  /** Lost in this phase, by reason */
  lost: Record<string, number>;
}

export interface RunSummary {
  run: string;
  name: string;
  state: RunState;
  /** Why the run stopped or failed, in words */
  reason?: string;
  createdAt: string;
  /** Rounds finished, of all kinds */
  roundsDone: number;
  /** Rounds planned, of all kinds */
  roundsPlanned: number;
  /** Participants connected now */
  connected: number;
  /** True when the task allows a cohort below the customary minimum */
  weakCohort: boolean;
  privacy: PrivacyStatement;
}

export interface RunDetail extends RunSummary {
  task: Task;
  taskHash: string;
  /** Link a participant opens; holds the run's invitation */
  invitation: string;
  /** The round in progress */
  current?: { round: number; question: QuestionKind; phase: Phase; cohort: number };
  rounds: RoundRecord[];
  /** Each gate of the task and how it stands; undecided until `evaluate` is in */
  gates: { gate: Task["gates"][number]; value: number | null; met: boolean | null }[];
  /** Of a task that names reviewers */
  review?: Standing;
  /** SHA-256 of the model as it would be exported */
  modelHash: string;
}
