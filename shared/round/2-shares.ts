/**
 * Phase 2: each member shares out its mask key and its self-mask seed, sealed for each other member; who did so is the
 * cohort from here on. If a member drops out later, the others can remove its masks; if it stays, they can remove its
 * self mask; never both (phase 4).
 */
import { fromBase64, hashOf, toBase64 } from "../canonical.ts";
import { minimumCohort } from "../cohort.ts";
import { type RoundPlan, roundPlan } from "../plan.ts";
import { open, seal } from "../secure-sum/boxes.ts";
import { seedCommitment, shareOut } from "../secure-sum/shares.ts";
import type { Gathered, Rostered } from "./1-ready.ts";
import { Abort, Decline, Refusal } from "./reasons.ts";
import type { CoordinatorEnv, ParticipantEnv } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface Shares {
  rosterHash: string;
  /** Index in the roster */
  from: number;
  /** Commitment to the self-mask seed, hex; the mask key's public half commits to the key */
  commitment: string;
  /** Sealed packets by member index, base64; none for oneself */
  boxes: Record<string, string>;
}

/** Who sent shares: U2 of the paper. From here on «the cohort» means these. */
export interface Delivery {
  rosterHash: string;
  /** Roster indices, ascending */
  senders: number[];
  /** Their seed commitments, in the same order */
  commitments: string[];
}

export interface DeliveryMessage {
  delivery: Signed<Delivery>;
  /** Packets for this member by sender, base64 */
  boxes: Record<string, string>;
}

/** A member's two shares of another member's secrets. */
export interface HeldShares {
  key: Bytes;
  seed: Bytes;
}

/** A participant that has shared out its secrets. */
export interface Shared extends Rostered {
  seed: Bytes;
  own: HeldShares;
}

/** Shares carry their secret's 32 bytes and one byte for their place. */
const shareLength = 33;

export async function shareSecrets(
  env: ParticipantEnv,
  state: Rostered,
): Promise<{ state: Shared; message: Signed<Shares> }> {
  if (!(await env.claim("shares", state.facts.announcementHash)))
    throw new Decline("already-answered", { step: "shares" });
  const { cohort, context, me } = state;
  const seed = crypto.getRandomValues(new Uint8Array(32));
  const size = cohort.identities.length;
  const [keyShares, seedShares] = await Promise.all([
    shareOut(state.maskKeys.secret, size, cohort.plan.threshold),
    shareOut(seed, size, cohort.plan.threshold),
  ]);
  const boxes: Record<string, string> = {};
  await Promise.all(
    [...state.boxSecrets].map(async ([to, secret]) => {
      const packet = new Uint8Array(8 + 2 * shareLength);
      const view = new DataView(packet.buffer);
      view.setUint32(0, me);
      view.setUint32(4, to);
      packet.set(keyShares[to]!, 8);
      packet.set(seedShares[to]!, 8 + shareLength);
      boxes[to] = toBase64(await seal(context, secret, me, to, packet));
    }),
  );
  const body: Shares = {
    rosterHash: cohort.rosterHash,
    from: me,
    commitment: await seedCommitment(seed, me, context.rosterHash),
    boxes,
  };
  return {
    state: { ...state, seed, own: { key: keyShares[me]!, seed: seedShares[me]! } },
    message: await signBody("shares", body, env.identity),
  };
}

/** The coordinator's side while shares come in. */
export interface Sharing extends Gathered {
  shares: Map<number, Shares>;
}

export const collectShares = (state: Gathered): Sharing => ({ ...state, shares: new Map() });

/** @param identity whom the connection belongs to @throws Refusal */
export async function admitShares(state: Sharing, identity: string, message: Signed<Shares>): Promise<void> {
  const { body } = message;
  const { identities, rosterHash } = state.cohort;
  if (body.rosterHash !== rosterHash || identities[body.from] !== identity) throw new Refusal("message-invalid");
  const complete = identities.every((_, to) => (to === body.from) !== (typeof body.boxes[to] === "string"));
  if (!complete) throw new Refusal("message-invalid");
  if (!(await isSignedBy("shares", message, identity))) throw new Refusal("signature-invalid");
  // After the last wait: of two copies at once, one passes.
  if (state.shares.has(body.from)) throw new Refusal("duplicate");
  state.shares.set(body.from, body);
}

/** The coordinator's side once the cohort is fixed. */
export interface Delivered extends Gathered {
  senders: number[];
  commitments: Map<number, string>;
  delivery: Signed<Delivery>;
  /** By roster index: the packets for that member */
  boxes: Map<number, Record<string, string>>;
  /** Of the senders' number */
  plan: RoundPlan;
}

/** @throws Abort when too many left before sharing: nothing was revealed and nobody was charged */
export async function deliverShares(env: CoordinatorEnv, state: Sharing): Promise<Delivered> {
  const senders = [...state.shares.keys()].sort((a, b) => a - b);
  if (!enoughSenders(senders.length, state.cohort.plan, env)) throw new Abort("sharers-too-few");
  const commitments = senders.map((from) => state.shares.get(from)!.commitment);
  const body = { rosterHash: state.cohort.rosterHash, senders, commitments };
  const boxes = new Map(
    senders.map((to) => [
      to,
      Object.fromEntries(
        senders.filter((from) => from !== to).map((from) => [from, state.shares.get(from)!.boxes[to]!]),
      ),
    ]),
  );
  return {
    facts: state.facts,
    cohort: state.cohort,
    roster: state.roster,
    senders,
    commitments: new Map(senders.map((from, i) => [from, commitments[i]!])),
    delivery: await signBody("delivery", body, env.signer),
    boxes,
    plan: roundPlan(env.task, env.plan, state.facts.question, senders.length),
  };
}

const enoughSenders = (senders: number, rosterPlan: RoundPlan, env: Pick<CoordinatorEnv, "task">): boolean =>
  senders >= rosterPlan.survivors && senders >= rosterPlan.threshold && senders >= minimumCohort(env.task);

/** A participant whose cohort is fixed: it knows its share of the noise. */
export interface Entrusted extends Shared {
  senders: number[];
  deliveryHash: string;
  held: Map<number, HeldShares>;
  /** Of the senders' number: the noise to add, the survivors to insist on */
  plan: RoundPlan;
}

/** Opens every packet and checks that sender and receiver inside it are right. @throws Decline */
export async function openDelivery(env: ParticipantEnv, state: Shared, message: DeliveryMessage): Promise<Entrusted> {
  const { body } = message.delivery;
  const { cohort, context, me } = state;
  if (!(await isSignedBy("delivery", message.delivery, env.coordinatorKey)))
    throw new Decline("signature-invalid", { of: "delivery" });
  if (body.rosterHash !== cohort.rosterHash) throw new Decline("roster-invalid", { what: "round" });
  const ascending = body.senders.every((index, i) => i === 0 || body.senders[i - 1]! < index);
  const inRoster = body.senders.every(
    (index) => Number.isInteger(index) && index >= 0 && index < cohort.identities.length,
  );
  if (!ascending || !inRoster || !body.senders.includes(me)) throw new Decline("roster-invalid", { what: "senders" });
  if (!enoughSenders(body.senders.length, cohort.plan, env)) {
    throw new Decline("roster-too-small", { size: body.senders.length, minimum: minimumCohort(env.task) });
  }
  const held = new Map<number, HeldShares>([[me, state.own]]);
  for (const from of body.senders) {
    if (from === me) continue;
    const sealed = bytesOf(message.boxes[from]);
    const packet = sealed && (await open(context, state.boxSecrets.get(from)!, from, me, sealed));
    if (!packet || packet.length !== 8 + 2 * shareLength) throw new Decline("share-invalid", { from });
    const view = new DataView(packet.buffer, packet.byteOffset);
    if (view.getUint32(0) !== from || view.getUint32(4) !== me) throw new Decline("share-invalid", { from });
    held.set(from, { key: packet.slice(8, 8 + shareLength), seed: packet.slice(8 + shareLength) });
  }
  return {
    ...state,
    senders: body.senders,
    deliveryHash: await hashOf(body),
    held,
    plan: roundPlan(env.task, env.plan, state.facts.question, body.senders.length),
  };
}

function bytesOf(base64: string | undefined): Bytes | undefined {
  try {
    return base64 === undefined ? undefined : fromBase64(base64);
  } catch {
    return undefined;
  }
}
