import type { PrivacyUnit } from "../cohort.ts";
import { invariant } from "../errors.ts";
import { roundedSensitivity } from "../privacy/accountants/discrete-gaussian.ts";

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

/** A segment to lay out: its L2 bound is that of one unit of privacy, in units of the quantity itself. */
export interface Part {
  name: string;
  length: number;
  bound: number;
  unit: number;
  /** True where a record's contribution is rounded to the grid on the GPU (½ a step a coordinate), false for counts */
  rounded: boolean;
}

/**
 * Grid steps per L2 bound, over √dimension, so that rounding widens the squared bound by about 1 %: coarser would cost
 * noise, finer only bits. Rounding each row to nearest adds ½√d to the bound; rounding a whole vector at random, and
 * again until its norm allows it, adds d/4 to its square.
 */
const stepsPerBound: Record<PrivacyUnit, number> = { record: 50, participant: 5 };

/**
 * A grid for a quantity of L2 bound `bound`: integers per 1.0; a whole number at record level, where the GPU rounds.
 * @param length coordinates that share the bound at record level; of the whole vector at participant level
 */
export function gridUnit(unit: PrivacyUnit, length: number, bound: number): number {
  const steps = (stepsPerBound[unit] * Math.sqrt(length)) / bound;
  return unit === "record" ? Math.max(1, Math.ceil(steps)) : steps;
}

/** At record level counts are whole; 64 integers a count keep the noise well above the grid. */
const integersPerCount = 64;

/** A grid for counts to which one unit of privacy adds at most 1 each. @param length coordinates of the whole vector */
export const countUnit = (unit: PrivacyUnit, length: number): number =>
  unit === "record" ? integersPerCount : gridUnit("participant", length, 1);

/**
 * Of a task with items: the part of the customary grid that counts other than those of choices have. They are shares of a
 * person's own rows and large in the sum, so three times their noise does not hurt; in the joint bound they take 9 % each of
 * what choices take, instead of as much, which is noise that a rare item's count is spared.
 */
export const besideChoices = 0.3;

/** β: roundings are refused with a chance of at most 1 − β. */
const refusal = Math.exp(-0.5);

/**
 * Puts parts one after the other and bounds what one unit of privacy can add.
 *
 * - record: each row's integers are exact (counts) or rounded to nearest one by one (kernels/private-sum), so a
 *   part moves by at most unit·bound + ½√length.
 * - participant: the joint real vector is clipped, rotated and rounded at random, and the tab rejects every rounding
 *   that leaves the bound of Kairouz, Liu & Steinke 2021, Prop. 22, with β = e^{−1/2}.
 */
export function layOut(unit: PrivacyUnit, parts: Part[]): Layout {
  const segments: Segment[] = [];
  let offset = 0;
  for (const { name, length, unit: steps, bound } of parts) {
    segments.push({ name, offset, length, unit: steps, bound });
    offset += length;
  }
  if (unit === "record") {
    const squares = parts.map((p) => (p.unit * p.bound + (p.rounded ? Math.sqrt(p.length) / 2 : 0)) ** 2);
    return { segments, dimension: offset, sensitivity: Math.sqrt(squares.reduce((a, b) => a + b, 0)) };
  }
  const clip = Math.sqrt(parts.reduce((sum, p) => sum + (p.unit * p.bound) ** 2, 0));
  return { segments, dimension: offset, sensitivity: roundedSensitivity(clip, offset, refusal) };
}

export function segment(layout: Layout, name: string): Segment {
  const found = layout.segments.find((s) => s.name === name);
  invariant(found, `the layout has a segment «${name}»`);
  return found;
}

/** The quantity of one segment of a decoded sum, in its own unit. */
export function readSegment(layout: Layout, sum: Float64Array, name: string): Float64Array {
  const { offset, length, unit } = segment(layout, name);
  return sum.slice(offset, offset + length).map((x) => x / unit);
}
