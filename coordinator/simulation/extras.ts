/** Segments that only the lab asks for, beside the update under one joint bound: Δ̂ grows, and all noise with it. */
import { type Layout, layOut, segment } from "../../shared/questions/layout.ts";

export interface Extra {
  name: string;
  length: number;
  /** L2 bound of a participant's, in the quantity's own unit */
  bound: number;
  /** Of the joint bound, over the update's part of it */
  share: number;
}

export function withExtras(layout: Layout, extras: readonly Extra[]): Layout {
  if (extras.length === 0) return layout;
  const dimension = extras.reduce((sum, { length }) => sum + length, layout.dimension);
  // Rounding takes d/4 of the squared bound, so a longer vector wants a finer grid to lose no more by it.
  const finer = Math.sqrt(dimension / layout.dimension);
  const { unit, bound } = segment(layout, "update");
  return layOut("participant", [
    ...layout.segments.map((part) => ({ ...part, unit: finer * part.unit, rounded: false })),
    ...extras.map((extra) => ({ ...extra, unit: (extra.share * finer * unit * bound) / extra.bound, rounded: false })),
  ]);
}
