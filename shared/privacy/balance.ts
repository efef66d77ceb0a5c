/**
 * One participant's account, kept by its own tab. A filter, not an odometer: what may be spent is fixed beforehand, and a
 * charge that does not fit is refused before anything leaves. So the total stays within the promise even when later
 * rounds depend on earlier results (Feldman & Zrnic 2021, Theorem 3.1); the ε shown on the way is what the charges so far
 * amount to, and only the budget is a guarantee (Rogers et al. 2016).
 */
import type { Portion, Question } from "../questions/question.ts";
import { epsilonOf, type MechanismEvent } from "./accountants/rdp.ts";

/** One answer that was, or is about to be, given. Append-only; never refunded. */
export interface Charge {
  taskHash: string;
  round: number;
  attempt: number;
  question: Question["kind"];
  portion: Portion;
  event: { noiseMultiplier: number; sampleRate: number };
}

/** ε at δ of the charges on one portion of the data. */
export function spent(charges: readonly Charge[], portion: Portion, delta: number): number {
  const counted = new Map<string, MechanismEvent>();
  for (const charge of charges) {
    if (charge.portion !== portion) continue;
    const key = `${charge.event.noiseMultiplier}/${charge.event.sampleRate}`;
    const event = counted.get(key) ?? { ...charge.event, count: 0 };
    counted.set(key, { ...event, count: event.count + 1 });
  }
  return epsilonOf([...counted.values()], delta);
}

/** A unit's data are in one portion only, so the costlier portion is what any unit has spent. */
export const worst = (charges: readonly Charge[], delta: number): number =>
  Math.max(spent(charges, "train", delta), spent(charges, "heldBack", delta));

/** Whether one more charge fits, and what would then be spent. */
export function admit(
  charges: readonly Charge[],
  charge: Charge,
  budget: { epsilon: number; delta: number },
): { admitted: boolean; epsilonAfter: number } {
  const after = worst([...charges, charge], budget.delta);
  return { admitted: after <= budget.epsilon, epsilonAfter: after };
}
