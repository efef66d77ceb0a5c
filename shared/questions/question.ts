/**
 * A question is what a round asks. Questions differ only in the layout of the vector and in what the coordinator does
 * with the sum; the secure sum, the noise and the accounting under them never change (design.md, idea 1).
 */
import type { Normalisation } from "../data/features.ts";
import type { Witness } from "../fairness/histogram.ts";
import type { PrivacyUnit, Task } from "../task.ts";
import { evaluateLayout } from "./evaluate.ts";
import { profileLayout } from "./profile.ts";
import { trainLayout } from "./train.ts";

/** The question as it is announced: signed, hashed, bound into every mask key. */
export type Question =
  | { kind: "profile" }
  | { kind: "train"; normalisation: Normalisation; witness: Witness }
  | { kind: "evaluate"; normalisation: Normalisation; /** logits */ thresholds: number[] };

export interface Segment {
  name: string;
  offset: number;
  length: number;
  /** Integers on the wire for 1.0 of the quantity */
  unit: number;
  /** L2 bound of one unit of privacy on this segment, in the quantity's own unit */
  bound: number;
}

/** How the integers of an answer lie, and how far one unit of privacy can move them. */
export interface Layout {
  segments: Segment[];
  /** Coordinates of the whole vector */
  dimension: number;
  /**
   * Δ̂: L2 bound, in integers, on what one unit of privacy (a row, or a participant) adds to the sum.
   * The noise is calibrated to it; everything that makes a vector proves that it keeps it.
   */
  sensitivity: number;
}

/**
 * Which part of the unit's data an answer reads. At record level a row is in exactly one portion, so the portions
 * compose in parallel (McSherry 2009, Theorem 4); at participant level there is one portion only.
 */
export type Portion = "train" | "heldBack";

export function portionOf(question: Question["kind"], unit: PrivacyUnit): Portion {
  return unit === "record" && question === "evaluate" ? "heldBack" : "train";
}

export function layoutOf(question: Question["kind"], task: Task): Layout {
  switch (question) {
    case "profile":
      return profileLayout(task);
    case "train":
      return trainLayout(task);
    case "evaluate":
      return evaluateLayout(task);
  }
}
