/**
 * Drives one round through shared/round with a clock and a room full of connections. What it holds is disposable:
 * a coordinator that dies in here starts the round again under a new attempt.
 */

import { setImmediate } from "node:timers/promises";
import type { RoundPlan } from "../shared/plan.ts";
import { admitOffer, gather } from "../shared/round/1-ready.ts";
import { admitNonce, closeCohort, collectNonces, linkCohort, offersTo, type Roster } from "../shared/round/1-roster.ts";
import { admitShares, collectShares, deliverShares, deliveryTo } from "../shared/round/2-shares.ts";
import { type Adding, addUp } from "../shared/round/3-masked.ts";
import {
  admitAgreement,
  admitUnmask,
  announceSurvivors,
  closeAgreements,
  unmaskSum,
} from "../shared/round/4-unmask.ts";
import { Abort, type DropReason } from "../shared/round/reasons.ts";
import type { CoordinatorEnv, RoundFacts } from "../shared/round/round.ts";
import type { Signed } from "../shared/round/signed.ts";
import type { Witnessed } from "../shared/round/witnessed.ts";
import type { Phase } from "../shared/run-record.ts";
import { looksWrapped } from "../shared/secure-sum/packing.ts";
import type { Room } from "./room.ts";
import type { Step } from "./tracing/round-trace.ts";
import { type UploadMessage, Uploads } from "./uploads.ts";

/** How long each phase may take, ms. Nobody waits longer than needed: a phase ends when all have answered or left. */
export interface Deadlines {
  /** Includes the local computation */
  ready: number;
  /** Of the nonces, and of the shares */
  shares: number;
  /** Of as many uploads as may be under way at a time */
  masked: number;
  /** Between two pieces of one upload */
  piece: number;
  /** Of the agreements, and of the shares to unmask */
  unmask: number;
}

export const defaultDeadlines: Deadlines = {
  ready: 60_000,
  shares: 15_000,
  masked: 60_000,
  piece: 10_000,
  unmask: 15_000,
};

/** Members that are told something before others are heard */
const atATime = 32;

export interface RoundOutcome {
  sum: Float64Array<ArrayBuffer>;
  /** What the sum was made by */
  plan: RoundPlan;
  cohort: number;
  survivors: number;
  /** How many members of the cohort were lost, by reason */
  dropped: Record<string, number>;
  rosterHash: string;
  /** Identities whose shares were false, hex */
  blamed: string[];
}

export interface RoundHooks {
  /** Asks everybody who is here; those who come later are asked as they come */
  announce(): Promise<unknown>;
  onPhase(phase: Phase, cohort: number): void;
  /** Finer than phases, for traces */
  onStep(step: Step, members?: number): void;
  /** Gets the roster signed by the witnesses that the task names */
  witness(roster: Signed<Roster>): Promise<Witnessed<Roster>>;
  /**
   * Durably charges the accountant: before any tab can upload, since a tab charges its own balance on upload and must
   * never be ahead of the coordinator's account.
   */
  charge(): Promise<void>;
  /** Lets other processes take vectors as well */
  elsewhere(adding: Adding, deadlines: Pick<Deadlines, "masked" | "piece">): Promise<Elsewhere | undefined>;
}

/** What other processes add up, of members who are connected to them; see peers/. */
export interface Elsewhere {
  /** Adds it to the sum; what they did not keep before is not acknowledged any more. @throws Abort when some is lost */
  combine(): Promise<void>;
  /** Nothing is awaited from them any more. */
  close(): void;
}

/** @throws Abort when the round ends with nothing revealed */
export async function conductRound(
  env: CoordinatorEnv,
  room: Room,
  facts: RoundFacts,
  deadlines: Deadlines,
  hooks: RoundHooks,
  signal: AbortSignal,
): Promise<RoundOutcome> {
  const dropped: Record<string, number> = {};
  /** A few at a time, or of thousands those who were told first would wait for their answer until the last is told. */
  const each =
    <T>(members: readonly T[], send: (member: T) => void) =>
    async () => {
      for (const [i, member] of members.entries()) {
        if (signal.aborted) return;
        send(member);
        if (i % atATime === atATime - 1) await setImmediate();
      }
    };
  const count = (losses: Map<string, DropReason>) => {
    for (const reason of losses.values()) dropped[reason] = (dropped[reason] ?? 0) + 1;
  };

  hooks.onPhase("ready", 0);
  hooks.onStep("ready");
  const gathering = gather(env, facts);
  // Answers are taken before anybody is asked: nobody is too quick, and nobody who comes in between is waited for unasked.
  const offers = room.collect(
    "ready",
    room.identities,
    deadlines.ready,
    (who, offer: never) => admitOffer(gathering, who, offer),
    signal,
  );
  await Promise.all([offers, hooks.announce()]);
  const gathered = await closeCohort(env, gathering);
  const { identities } = gathered;

  hooks.onPhase("shares", identities.length);
  hooks.onStep("roster", identities.length);
  const revealing = collectNonces(gathered);
  room.send(identities, "roster", await hooks.witness(gathered.roster));
  count(
    await room.collect("nonce", identities, deadlines.shares, (who, m: never) => admitNonce(revealing, who, m), signal),
  );
  const linked = await linkCohort(env, revealing);
  const sharing = collectShares(env, linked);
  const sharers = linked.sharers.map((member) => identities[member]!);
  hooks.onStep("shares", sharers.length);
  const showGraph = each(linked.sharers, (member) => {
    room.send([identities[member]!], "nonces", linked.nonces);
    room.send([identities[member]!], "offers", offersTo(linked, member));
  });
  const admitShare = (who: string, m: never) => admitShares(sharing, who, m);
  count(await room.collect("shares", sharers, deadlines.shares, admitShare, signal, undefined, showGraph));
  const delivered = await deliverShares(env, sharing);
  hooks.onStep("charge");
  await hooks.charge();

  hooks.onPhase("masked", delivered.senders.length);
  hooks.onStep("masked", delivered.senders.length);
  const adding = addUp(env, delivered);
  const senders = delivered.senders.map((member) => identities[member]!);
  const uploads = new Uploads(adding, deadlines.piece, (identity) => room.drop(identity, "timed-out"));
  const patience = { masked: deadlines.masked * Math.ceil(senders.length / uploads.places), piece: deadlines.piece };
  const elsewhere = await hooks.elsewhere(adding, patience);
  try {
    const losses = await room.collect(
      "masked",
      senders,
      patience.masked,
      async (who, m: UploadMessage | { kept: true }) => ("kept" in m ? undefined : uploads.admit(who, m)),
      signal,
      (identity) => uploads.release(identity),
      each(delivered.senders, (member) => room.send([identities[member]!], "delivery", deliveryTo(delivered, member))),
    );
    hooks.onStep("combine");
    await elsewhere?.combine();
    count(withoutReceived(losses, adding));
  } finally {
    uploads.close();
    elsewhere?.close();
  }

  const agreeing = await announceSurvivors(env, adding);
  hooks.onPhase("unmask", delivered.senders.length);
  hooks.onStep("unmask", agreeing.survivors.length);
  const survivors = agreeing.survivors.map((member) => identities[member]!);
  room.send(survivors, "survivors", agreeing.message);
  await room.collect(
    "agreement",
    survivors,
    deadlines.unmask,
    (who, m: never) => admitAgreement(agreeing, who, m),
    signal,
  );
  const show = each([...closeAgreements(agreeing)], ([member, agreements]) =>
    room.send([identities[member]!], "agreements", agreements),
  );
  const admitReveal = (who: string, m: never) => admitUnmask(agreeing, who, m);
  await room.collect("unmask", survivors, deadlines.unmask, admitReveal, signal, undefined, show);
  const { sum, blamed } = await unmaskSum(env, agreeing);
  if (looksWrapped(sum, delivered.plan.bits)) throw new Abort("sum-wrapped", blamed);
  return {
    sum,
    plan: delivered.plan,
    blamed,
    cohort: identities.length,
    survivors: survivors.length,
    dropped,
    rosterHash: gathered.cohort.rosterHash,
  };
}

/** Whose vector is in the sum is not lost, whatever became of its connection. */
function withoutReceived(losses: Map<string, DropReason>, { identities, received }: Adding): Map<string, DropReason> {
  const there = new Set([...received].map((member) => identities[member]!));
  return new Map([...losses].filter(([identity]) => !there.has(identity)));
}
