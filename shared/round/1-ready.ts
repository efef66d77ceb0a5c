/** Phase 1: a tab that holds a finished answer offers keys for this round; the coordinator closes the cohort. */
import { fromHex, hashOf, toHex } from "../canonical.ts";
import { minimumCohort } from "../cohort.ts";
import { type RoundPlan, roundPlan } from "../plan.ts";
import { type KeyAgreement, keyAgreement } from "../secure-sum/keys.ts";
import type { MaskContext } from "../secure-sum/masks.ts";
import { largestCohort } from "../secure-sum/shares.ts";
import { Abort, Decline, Refusal } from "./reasons.ts";
import type { Cohort, CoordinatorEnv, ParticipantEnv, RoundFacts } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";

export interface Ready {
  announcementHash: string;
  /** Ed25519, hex */
  identity: string;
  /** X25519 key of this round's pairwise masks, hex */
  maskKey: string;
  /** X25519 key of this round's sealed packets, hex */
  boxKey: string;
}

export interface Roster {
  announcementHash: string;
  /** Each member's own signed offer, in ascending order of identity: the order is the members' index */
  members: Signed<Ready>[];
}

/** A participant that has offered its keys. */
export interface Joined {
  facts: RoundFacts;
  offer: Signed<Ready>;
  maskKeys: KeyAgreement;
  boxKeys: KeyAgreement;
}

export async function offerKeys(env: ParticipantEnv, facts: RoundFacts): Promise<Joined> {
  const [maskKeys, boxKeys] = await Promise.all([keyAgreement(), keyAgreement()]);
  const offer = await signBody(
    "ready",
    {
      announcementHash: facts.announcementHash,
      identity: toHex(env.identity.publicKey),
      maskKey: toHex(maskKeys.publicKey),
      boxKey: toHex(boxKeys.publicKey),
    },
    env.identity,
  );
  return { facts, offer, maskKeys, boxKeys };
}

/** The coordinator's side while the cohort is open. */
export interface Gathering {
  facts: RoundFacts;
  offers: Map<string, Signed<Ready>>;
}

export const gather = (facts: RoundFacts): Gathering => ({ facts, offers: new Map() });

/** @param identity whom the connection belongs to, hex @throws Refusal */
export async function admitOffer(state: Gathering, identity: string, offer: Signed<Ready>): Promise<void> {
  if (offer.body.announcementHash !== state.facts.announcementHash) throw new Refusal("message-invalid");
  if (offer.body.identity !== identity) throw new Refusal("message-invalid");
  if (!(await isSignedBy("ready", offer, identity))) throw new Refusal("signature-invalid");
  // After the last wait: of two offers at once, one passes.
  if (state.offers.has(identity)) throw new Refusal("duplicate");
  state.offers.set(identity, offer);
}

/** The coordinator's side of a closed cohort. */
export interface Gathered {
  facts: RoundFacts;
  cohort: Cohort;
  roster: Signed<Roster>;
}

/** @throws Abort when fewer than the task's minimum are ready */
export async function closeCohort(env: CoordinatorEnv, state: Gathering): Promise<Gathered> {
  const identities = [...state.offers.keys()].sort().slice(0, Math.min(env.task.cohort.maximum, largestCohort));
  if (identities.length < minimumCohort(env.task)) throw new Abort("cohort-too-small");
  const members = identities.map((identity) => state.offers.get(identity)!);
  const body = { announcementHash: state.facts.announcementHash, members };
  const roster = await signBody("roster", body, env.signer);
  const plan = roundPlan(env.task, env.plan, state.facts.question, identities.length);
  return { facts: state.facts, roster, cohort: { rosterHash: await hashOf(body), identities, plan } };
}

/** A participant that knows its cohort, and shares a secret with each member. */
export interface Rostered {
  facts: RoundFacts;
  cohort: Cohort;
  context: MaskContext;
  me: number;
  maskKeys: KeyAgreement;
  /** X25519 secrets by member index, without me */
  maskSecrets: Map<number, Uint8Array<ArrayBuffer>>;
  boxSecrets: Map<number, Uint8Array<ArrayBuffer>>;
}

/** A tab trusts no roster: size, order, every signature, its own entry and every key are checked. @throws Decline */
export async function openRoster(env: ParticipantEnv, state: Joined, roster: Signed<Roster>): Promise<Rostered> {
  const { body } = roster;
  if (!(await isSignedBy("roster", roster, env.coordinatorKey)))
    throw new Decline("signature-invalid", { of: "roster" });
  if (body.announcementHash !== state.facts.announcementHash) throw new Decline("roster-invalid", { what: "round" });
  const size = body.members.length;
  const minimum = minimumCohort(env.task);
  if (size < minimum) throw new Decline("roster-too-small", { size, minimum });
  if (size > largestCohort || size > env.task.cohort.maximum) throw new Decline("roster-invalid", { what: "size" });

  const identities = body.members.map((member) => member.body.identity);
  for (let i = 1; i < size; i++) {
    // Strictly ascending: no identity stands twice.
    if (identities[i - 1]! >= identities[i]!) throw new Decline("roster-invalid", { what: "order" });
  }
  const keys = new Set(body.members.flatMap(({ body }) => [body.maskKey, body.boxKey]));
  if (keys.size !== 2 * size) throw new Decline("roster-invalid", { what: "duplicate key" });
  const me = identities.indexOf(toHex(env.identity.publicKey));
  if (me < 0 || (await hashOf(body.members[me])) !== (await hashOf(state.offer)))
    throw new Decline("roster-invalid", { what: "own entry" });
  const valid = await Promise.all(
    body.members.map(
      (member) =>
        member.body.announcementHash === state.facts.announcementHash &&
        isSignedBy("ready", member, member.body.identity),
    ),
  );
  if (!valid.every(Boolean)) throw new Decline("roster-invalid", { what: "signature" });

  const maskSecrets = new Map<number, Uint8Array<ArrayBuffer>>();
  const boxSecrets = new Map<number, Uint8Array<ArrayBuffer>>();
  await Promise.all(
    body.members.map(async (member, index) => {
      if (index === me) return;
      try {
        maskSecrets.set(index, await state.maskKeys.agree(fromHex(member.body.maskKey)));
        boxSecrets.set(index, await state.boxKeys.agree(fromHex(member.body.boxKey)));
      } catch {
        throw new Decline("roster-invalid", { what: "weak key" });
      }
    }),
  );
  const rosterHash = await hashOf(body);
  return {
    facts: state.facts,
    cohort: { rosterHash, identities, plan: planFor(env, state.facts, size) },
    context: { announcementHash: fromHex(state.facts.announcementHash), rosterHash: fromHex(rosterHash) },
    me,
    maskKeys: state.maskKeys,
    maskSecrets,
    boxSecrets,
  };
}

const planFor = (env: ParticipantEnv, facts: RoundFacts, size: number): RoundPlan =>
  roundPlan(env.task, env.plan, facts.question, size);
