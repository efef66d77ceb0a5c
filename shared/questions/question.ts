/**
 * A question is what a round asks. Questions differ only in the layout of the vector and in what the coordinator does
 * with the sum; the secure sum, the noise and the accounting under them never change (design.md, idea 1).
 */

import type { PrivacyUnit } from "../cohort.ts";
import type { Normalisation } from "../data/features.ts";
import type { TreeNode } from "../explain/tree.ts";
import type { Witness } from "../fairness/histogram.ts";
import type { AnnouncedClip } from "../privacy/adaptive-clipping.ts";
import type { Task } from "../task.ts";
import { evaluateLayout } from "./evaluate.ts";
import { explainLayout } from "./explain.ts";
import type { Layout } from "./layout.ts";
import { momentsLayout } from "./moments.ts";
import { profileLayout } from "./profile.ts";
import { atClipNorm, trainLayout } from "./train.ts";
import { treeLayout } from "./tree.ts";

/** The question as it is announced: signed, hashed, bound into every mask key. */
export type Question =
  | { kind: "profile" }
  | {
      kind: "train";
      normalisation: Normalisation;
      witness: Witness;
      clip?: AnnouncedClip;
      /** Of choices: recommend/popularity.ts, [items] */
      popularity?: number[];
    }
  | { kind: "tree"; normalisation: Normalisation /** logit */; threshold: number; tree: TreeNode; level: number }
  | { kind: "moments"; normalisation: Normalisation }
  | { kind: "explain"; normalisation: Normalisation /** [inputs] */; baseline: number[] }
  | {
      kind: "evaluate";
      normalisation: Normalisation;
      /** logits */
      thresholds: number[];
      tree?: TreeNode;
      popularity?: number[];
    };

/** Whether it asks about the model that training ended with; the others ask about the one in training. */
export const asksFinalModel = (question: Question["kind"]): boolean => question !== "profile" && question !== "train";

/**
 * Which part of the unit's data an answer reads. At record level a row is in exactly one portion, so the portions
 * compose in parallel (McSherry 2009, Theorem 4); at participant level there is one portion only.
 */
export type Portion = "train" | "heldBack";

export function portionOf(question: Question["kind"], unit: PrivacyUnit): Portion {
  return unit === "record" && (question === "evaluate" || question === "explain") ? "heldBack" : "train";
}

export function layoutOf(question: Question["kind"], task: Task): Layout {
  switch (question) {
    case "profile":
      return profileLayout(task);
    case "train":
      return trainLayout(task);
    case "tree":
      return treeLayout(task);
    case "moments":
      return momentsLayout(task);
    case "explain":
      return explainLayout(task);
    case "evaluate":
      return evaluateLayout(task);
  }
}

/** The layout as one round's answers are read: at the clip norm that it announces. */
export function announcedLayout(question: Question, task: Task): Layout {
  const layout = layoutOf(question.kind, task);
  return question.kind === "train" && question.clip ? atClipNorm(layout, question.clip.norm) : layout;
}
