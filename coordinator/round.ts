/**
 * Drives one round through shared/round with a clock and a room full of connections. What it holds is disposable:
 * a coordinator that dies in here starts the round again under a new attempt.
 */
import { admitOffer, closeCohort, gather } from "../shared/round/1-ready.ts";
import { admitShares, collectShares, deliverShares } from "../shared/round/2-shares.ts";
import { addUp, admitMasked } from "../shared/round/3-masked.ts";
import {
  admitAgreement,
  admitUnmask,
  announceSurvivors,
  closeAgreements,
  unmaskSum,
} from "../shared/round/4-unmask.ts";
import type { DropReason } from "../shared/round/reasons.ts";
import type { CoordinatorEnv, RoundFacts } from "../shared/round/round.ts";
import type { Phase } from "../shared/run-record.ts";
import type { Room } from "./room.ts";

/** How long each phase may take, ms. Nobody waits longer than needed: a phase ends when all have answered or left. */
export interface Deadlines {
  /** Includes the local computation */
  ready: number;
  shares: number;
  masked: number;
  unmask: number;
}

export const defaultDeadlines: Deadlines = { ready: 60_000, shares: 15_000, masked: 60_000, unmask: 15_000 };

export interface RoundOutcome {
  sum: Float64Array;
  cohort: number;
  survivors: number;
  /** How many members of the cohort were lost, by reason */
  dropped: Record<string, number>;
  rosterHash: string;
}

export interface RoundHooks {
  onPhase(phase: Phase, cohort: number): void;
  /**
   * Durably charges the accountant: before any tab can upload, since a tab charges its own balance on upload and must
   * never be ahead of the coordinator's account.
   */
  charge(): Promise<void>;
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
  const count = (losses: Map<string, DropReason>) => {
    for (const reason of losses.values()) dropped[reason] = (dropped[reason] ?? 0) + 1;
  };

  hooks.onPhase("ready", 0);
  const gathering = gather(facts);
  await room.collect(
    "ready",
    room.identities,
    deadlines.ready,
    (who, offer: never) => admitOffer(gathering, who, offer),
    signal,
  );
  const gathered = await closeCohort(env, gathering);
  const { identities } = gathered.cohort;

  hooks.onPhase("shares", identities.length);
  const sharing = collectShares(gathered);
  room.send(identities, "roster", gathered.roster);
  count(
    await room.collect("shares", identities, deadlines.shares, (who, m: never) => admitShares(sharing, who, m), signal),
  );
  const delivered = await deliverShares(env, sharing);
  await hooks.charge();

  hooks.onPhase("masked", delivered.senders.length);
  const adding = addUp(delivered);
  for (const member of delivered.senders) {
    room.send([identities[member]!], "delivery", { delivery: delivered.delivery, boxes: delivered.boxes.get(member)! });
  }
  const senders = delivered.senders.map((member) => identities[member]!);
  count(
    await room.collect("masked", senders, deadlines.masked, (who, m: never) => admitMasked(adding, who, m), signal),
  );

  const agreeing = await announceSurvivors(env, adding);
  hooks.onPhase("unmask", delivered.senders.length);
  const survivors = agreeing.survivors.map((member) => identities[member]!);
  room.send(survivors, "survivors", agreeing.message);
  await room.collect(
    "agreement",
    survivors,
    deadlines.unmask,
    (who, m: never) => admitAgreement(agreeing, who, m),
    signal,
  );
  room.send(survivors, "agreements", closeAgreements(agreeing));
  await room.collect("unmask", survivors, deadlines.unmask, (who, m: never) => admitUnmask(agreeing, who, m), signal);
  return {
    sum: await unmaskSum(agreeing),
    cohort: identities.length,
    survivors: survivors.length,
    dropped,
    rosterHash: gathered.cohort.rosterHash,
  };
}
