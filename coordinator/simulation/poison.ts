/** Participants who want the model to be wrong, and what each of them does. */
import type { TypedRows } from "../../shared/data/rows.ts";
import type { Poisoned } from "../../shared/lab/axes.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import { drawn } from "./draw.ts";
import type { Participant } from "./population.ts";

/** What an attacker makes of its update. */
export interface Tampering {
  /** It is multiplied by this: −1 turns it round */
  factor: number;
  /** Before clipping, which the page's own code does; or after it, by a page that was rewritten: no one sees it under masks */
  clipped: boolean;
}

/** Numbers of those who attack, the same in every round. */
export function attackersOf(poisoned: Poisoned, participants: number, random: RandomSource): ReadonlySet<number> {
  if (poisoned.kind === "none") return new Set();
  const all = Array.from({ length: participants }, (_, number) => number);
  return new Set(drawn(all, Math.floor(poisoned.share * participants), random));
}

export function tamperingOf(poisoned: Poisoned): Tampering | undefined {
  switch (poisoned.kind) {
    case "none":
    case "label-flip":
      return undefined;
    case "sign-flip":
      return { factor: -poisoned.factor, clipped: poisoned.clipped };
    case "scale":
      return { factor: poisoned.factor, clipped: poisoned.clipped };
  }
}

/** The same rows, those of the attackers with the other label. */
export function withFlippedLabels(
  rows: TypedRows,
  participants: readonly Participant[],
  attackers: ReadonlySet<number>,
): TypedRows {
  const labels = rows.labels.slice();
  for (const number of attackers) {
    const { train, heldBack } = participants[number]!;
    for (const own of [train, heldBack]) for (const row of own) labels[row] = 1 - labels[row]!;
  }
  return { ...rows, labels };
}
