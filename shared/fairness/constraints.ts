/** What a task's penalties hold together: each constraint is one part of a penalty on two sides of an attribute. */
import type { Task } from "../task.ts";
import { cellsOf, scoreBins } from "./histogram.ts";
import { cellsOfAttribute, countsOf, type Histogram, rowsIn } from "./histogram-metrics.ts";
import { penalties } from "./penalties.ts";
import { type Part, type Side, type Sides, smallestShare } from "./witness.ts";

export interface Constraint {
  /** Its place in records and in the controller's state: "equalized-odds of sex: Male to Female, true positive rate" */
  name: string;
  part: Part;
  oneSided: boolean;
  /** Cells of the group, and of those it is held to */
  a: readonly number[];
  b: readonly number[];
  /** Cells that together hold all rows of the attribute */
  attribute: readonly number[];
  /** τ */
  tolerance: number;
}

/**
 * Rows a group must have to be held by itself: one standard deviation of the noise on its size, a sum of all its bins.
 * A multiplier adds up many rounds, so it may act on less than a single round could state (group-figures.ts).
 * @param noise standard deviation of one count
 */
export const fewestRows = (noise: number): number => noise * Math.sqrt(2 * scoreBins.count);

/** What a task wants held: its penalty, and those that it names `also`. */
export function penaltiesOf({ fairness }: Task) {
  const { penalty, attribute, groups, tolerance, also = [] } = fairness;
  if (penalty === "none" || attribute === undefined) return [];
  return [{ penalty, attribute, groups, tolerance }, ...also].map((wanted) => ({
    ...wanted,
    tolerance: wanted.tolerance ?? tolerance,
    /** How the names of its constraints begin */
    name: `${wanted.penalty} of ${wanted.attribute}`,
  }));
}

/**
 * @param sizes rows by cell [cells], of the profile, so that the groups stay the same all through training
 * @param noise standard deviation of one count of the histogram that the constraints are measured by
 */
export function constraintsOf(task: Task, sizes: readonly number[], noise: number): Constraint[] {
  const cells = cellsOf(task);
  return penaltiesOf(task).flatMap((wanted) => {
    const { parts, oneSided = false, alone = false } = penalties[wanted.penalty];
    const all = cellsOfAttribute(task, wanted.attribute);
    const named = (side: readonly number[]) => side.map((cell) => cells[cell]!.group).join(" or ");
    const sides = wanted.groups
      ? wanted.groups.map((group) => all.filter((cell) => cells[cell]!.group === group))
      : heldSides(all, sizes, fewestRows(noise));
    return contrasts(sides, alone).flatMap(({ a, b }) =>
      parts.map((part) => ({
        name: `${wanted.name}: ${named(a)}${b.length > 0 ? ` to ${named(b)}` : ""}${part.name && `, ${part.name}`}`,
        part,
        oneSided,
        a,
        b,
        attribute: all,
        tolerance: wanted.tolerance,
      })),
    );
  });
}

/** Groups large enough by themselves, and the small ones as one; what is too small even together is not held. */
function heldSides(all: readonly number[], sizes: readonly number[], floor: number): number[][] {
  const large = all.filter((cell) => sizes[cell]! > floor);
  const small = all.filter((cell) => !large.includes(cell));
  const together = small.reduce((sum, cell) => sum + sizes[cell]!, 0);
  return [...large.map((cell) => [cell]), ...(together > floor ? [small] : [])];
}

/** Two sides to each other; of more, each to all the others, which bounds the gap between any two of them. */
function contrasts(sides: number[][], alone: boolean): { a: number[]; b: number[] }[] {
  if (alone) return sides.map((a) => ({ a, b: [] }));
  if (sides.length < 2) return [];
  if (sides.length === 2) return [{ a: sides[0]!, b: sides[1]! }];
  return sides.map((a, i) => ({ a, b: sides.filter((_, j) => j !== i).flat() }));
}

/** The two sides of a constraint in a histogram. */
export function sidesOf(h: Histogram, { a, b, attribute }: Constraint): Sides {
  const floor = smallestShare * rowsIn(h, attribute);
  const side = (cells: readonly number[]): Side => ({ counts: [countsOf(h, cells, 0), countsOf(h, cells, 1)], floor });
  return { a: side(a), b: side(b) };
}
