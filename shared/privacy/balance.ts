/**
 * One participant's account, kept by its own tab. A filter, not an odometer: what may be spent is fixed beforehand, and a
 * charge that does not fit is refused before anything leaves. Charges are only ever added; an answer that was charged
 * and then lost stays charged.
 *
 * Formal guarantees
 * - For rounds fixed beforehand, the admitted charges of a portion compose to at most the budget's ε at its δ.
 * - When rounds depend on earlier results the budget holds as well, for unsampled answers of any noise and for one kind
 *   of sampled answer: there the rule is a limit on Σ 1/z², or on a count, hence one at every Rényi order, and at a fixed
 *   order a limit is a filter (Feldman & Zrnic 2021).
 *
 * - Tasks of one family (named by the tasks, agreed to by the person) are counted together, each against its own budget.
 *   Which row is held back is each task's own coin, so over several tasks the portions are not told apart.
 *
 * What it does not promise
 * - The ε shown on the way is what the charges so far amount to. Stopping because of it is not covered (Rogers et al.
 *   2016: an odometer costs more); only the budget is.
 * - Where a coordinator mixes unlike kinds of answers, one of them sampled, by what it has seen, the best order may
 *   depend on what it saw; the proof then costs a factor on δ, the number of orders it can end on. The task fixes each
 *   kind's noise, so all it can choose is how many of each.
 */
import type { Portion, Question } from "../questions/question.ts";
import type { Task } from "../task.ts";
import { epsilonOf, type MechanismEvent } from "./accountants/rdp.ts";
import { attackerPower } from "./power.ts";

/** One answer that was, or is about to be, given. Append-only; never refunded. */
export interface Charge {
  taskHash: string;
  /** Absent in charges of earlier versions */
  run?: string;
  round: number;
  attempt: number;
  question: Question["kind"];
  portion: Portion;
  event: { noiseMultiplier: number; sampleRate: number };
  /** Shares that the noise was split into, each of noise multiplier z/√honest: what is left if all others collude */
  honest: number;
}

/** What a task's charges are counted under: its own hash, or the family it names, units of privacy apart. */
export const familyOf = ({ privacy }: Task, taskHash: string): string =>
  privacy.family === undefined ? taskHash : `${privacy.unit}/${privacy.family}`;

/** ε at δ of the charges on one portion of the data. */
export const spent = (charges: readonly Charge[], portion: Portion, delta: number): number =>
  epsilonOf(eventsOn(charges, portion), delta);

const portions: readonly Portion[] = ["train", "heldBack"];

/** The charges on one portion, like ones counted together. */
function eventsOn(charges: readonly Charge[], portion: Portion): MechanismEvent[] {
  const counted = new Map<string, MechanismEvent>();
  const isOneTask = charges.every(({ taskHash }) => taskHash === charges[0]!.taskHash);
  for (const charge of charges) {
    if (isOneTask && charge.portion !== portion) continue;
    const key = `${charge.event.noiseMultiplier}/${charge.event.sampleRate}`;
    const event = counted.get(key) ?? { ...charge.event, count: 0 };
    counted.set(key, { ...event, count: event.count + 1 });
  }
  return [...counted.values()];
}

/**
 * What charges amount to, if at most as many collude as the noise was planned for, and if all other tabs do: ε at δ, and
 * an attacker's power.
 */
export function account(
  charges: readonly Charge[],
  delta: number,
): { epsilon: number; truePositiveRate: number; alone: { epsilon: number; truePositiveRate: number } } {
  const amount = (of: readonly Charge[]) => ({
    epsilon: worst(of, delta),
    truePositiveRate: Math.max(...portions.map((portion) => attackerPower(eventsOn(of, portion)))),
  });
  const alone = charges.map(({ event, honest, ...rest }) => ({
    ...rest,
    honest,
    event: { ...event, noiseMultiplier: event.noiseMultiplier / Math.sqrt(honest) },
  }));
  return { ...amount(charges), alone: amount(alone) };
}

/** A unit's data are in one portion only, so the costlier portion is what any unit has spent. */
export const worst = (charges: readonly Charge[], delta: number): number =>
  Math.max(...portions.map((portion) => spent(charges, portion, delta)));

/** Whether one more charge fits, and what would then be spent. */
export function admit(
  charges: readonly Charge[],
  charge: Charge,
  budget: { epsilon: number; delta: number },
): { admitted: boolean; epsilonAfter: number } {
  const epsilonAfter = worst([...charges, charge], budget.delta);
  return { admitted: epsilonAfter <= budget.epsilon, epsilonAfter };
}

/**
 * Mode B: how many training rounds of this run a participant has still to let pass since the last one it was in; 0: none.
 * Another attempt at the same round is no other round, since of one that failed nothing was released.
 */
export function roundsToWait(
  charges: readonly Charge[],
  { taskHash, run, round }: Pick<Charge, "taskHash" | "run" | "round">,
  bands: number,
): number {
  const trained = charges.filter((c) => c.question === "train" && c.taskHash === taskHash && c.run === run);
  const last = Math.max(...trained.map((charge) => charge.round));
  return trained.length === 0 || last === round ? 0 : Math.max(0, last + bands - round);
}

/** A family's charges, as one transaction sees them: nobody else's come in between. */
export interface ChargeStore {
  all(): Promise<readonly Charge[]>;
  add(charge: Charge): Promise<void>;
}

/** What a charge must fit in; `bands` where the task has correlated noise. */
export interface Budget {
  epsilon: number;
  delta: number;
  bands?: number;
}

export interface Admission {
  admitted: boolean;
  epsilonAfter: number;
  /** Not admitted because of rounds that have to pass first */
  wait?: number;
}

/** Whether one more charge may be made: the budget bears it, and it is of no round that is too near. */
export function admission(charges: readonly Charge[], charge: Charge, budget: Budget): Admission {
  const answer = admit(charges, charge, budget);
  const wait = budget.bands && charge.question === "train" ? roundsToWait(charges, charge, budget.bands) : 0;
  return wait > 0 ? { ...answer, admitted: false, wait } : answer;
}

/** Adds the charge where it may be made. The caller's transaction must be durable before anything is sent. */
export async function chargeIn(store: ChargeStore, charge: Charge, budget: Budget): Promise<Admission> {
  const answer = admission(await store.all(), charge, budget);
  if (answer.admitted) await store.add(charge);
  return answer;
}
