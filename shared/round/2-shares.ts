/**
 * Phase 2: each member shares out its mask key and its self-mask seed, sealed for each neighbour; who did so is the
 * cohort from here on. If a member drops out later, its neighbours can remove its masks; if it stays, they can remove its
 * self mask; never both (phase 4). A member keeps no share of its own: with k holders of which b are corrupt, 2t > k + b
 * is what keeps the two kinds apart.
 */
import { hashOf, sha256, toHex } from "../canonical.ts";
import { guaranteedCohort, minimumCohort } from "../cohort.ts";
import { type RoundPlan, roundPlan } from "../plan.ts";
import { open, overhead, seal } from "../secure-sum/boxes.ts";
import { bothSecrets, kemTextLength } from "../secure-sum/hybrid.ts";
import { seedCommitment, shareLength, shareOut } from "../secure-sum/shares.ts";
import type { Task } from "../task.ts";
import { enoughLeft, type Linked, type Neighbour, wellConnected } from "./1-roster.ts";
import { MemberSet, membersOfText, setText } from "./member-set.ts";
import { joinPackets, packetAt } from "./packets.ts";
import { Abort, Decline, Refusal } from "./reasons.ts";
import type { Cohort, CoordinatorEnv, ParticipantEnv } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface Shares {
  rosterHash: string;
  /** Index in the roster */
  from: number;
  /** Commitment to the self-mask seed, hex; the mask key's public half commits to the key */
  commitment: string;
  /** SHA-256 of the sealed packets, hex */
  boxesHash: string;
}

export interface SharesMessage {
  shares: Signed<Shares>;
  /** A sealed packet of `boxLength` for each neighbour, with `postQuantum` behind the KEM's text that opens it */
  boxes: Bytes;
}

/** Inside a box: dealer and holder, big-endian, then the holder's shares of the dealer's mask key and of its seed. */
const packetLength = 8 + 2 * shareLength;
export const boxLength = packetLength + overhead;
/** With what stands before it. */
export const parcelLength = ({ postQuantum }: Pick<Task, "postQuantum">): number =>
  boxLength + (postQuantum ? kemTextLength : 0);

/** Who sent shares: U2 of the paper. From here on «the cohort» means these. */
export interface Delivery {
  rosterHash: string;
  /** Of the graph that the packets went along, hex: who agrees to survivors later agrees to this as well */
  seed: string;
  /** A set of members, hex */
  senders: string;
}

export interface DeliveryMessage {
  delivery: Signed<Delivery>;
  /** From each neighbour that is among the senders, as it dealt them */
  boxes: Bytes;
}

/** A member's two shares of a neighbour's secrets. */
export interface HeldShares {
  key: Bytes;
  seed: Bytes;
}

/** A participant that has shared out its secrets. */
export interface Shared extends Neighbour {
  /** Of the self mask */
  maskSeed: Bytes;
}

export async function shareSecrets(
  env: ParticipantEnv,
  state: Neighbour,
): Promise<{ state: Shared; message: SharesMessage }> {
  if (!(await env.claim("shares", state.facts.announcementHash)))
    throw new Decline("already-answered", { step: "shares" });
  const { cohort, context, me, neighbours } = state;
  const maskSeed = crypto.getRandomValues(new Uint8Array(32));
  const [keyShares, seedShares] = await Promise.all([
    shareOut(state.maskSecret, neighbours.length, cohort.graph.threshold),
    shareOut(maskSeed, neighbours.length, cohort.graph.threshold),
  ]);
  const parcel = parcelLength(env.task);
  const sealed = neighbours.map(async (to, i) => {
    const packet = new Uint8Array(packetLength);
    const view = new DataView(packet.buffer);
    view.setUint32(0, me);
    view.setUint32(4, to);
    packet.set(keyShares[i]!, 8);
    packet.set(seedShares[i]!, 8 + shareLength);
    const agreed = state.boxSecrets.get(to)!;
    const kem = state.kemSecrets.get(to);
    const box = await seal(context, kem ? await bothSecrets(agreed, kem) : agreed, me, to, packet, env.crypto?.hkdf);
    const whole = new Uint8Array(parcel);
    if (kem) whole.set(kem.text);
    whole.set(box, parcel - boxLength);
    return whole;
  });
  const boxes = joinPackets(await Promise.all(sealed), parcel);
  const body: Shares = {
    rosterHash: cohort.rosterHash,
    from: me,
    commitment: await seedCommitment(maskSeed, me, context.rosterHash, env.crypto?.sha256),
    boxesHash: toHex(await sha256(boxes)),
  };
  return {
    state: { ...state, maskSeed },
    message: { shares: await signBody("shares", body, env.identity), boxes },
  };
}

/** What a member dealt. */
interface Dealt {
  commitment: string;
  /** To each neighbour */
  boxes: Bytes;
}

/** The coordinator's side while shares come in. */
export interface Sharing extends Linked {
  dealt: Map<number, Dealt>;
  /** Of one neighbour's part in what a member deals */
  parcel: number;
}

export const collectShares = ({ task }: Pick<CoordinatorEnv, "task">, state: Linked): Sharing => ({
  ...state,
  dealt: new Map(),
  parcel: parcelLength(task),
});

/** @param identity whom the connection belongs to @throws Refusal */
export async function admitShares(state: Sharing, identity: string, message: SharesMessage): Promise<void> {
  const { body } = message.shares;
  if (body.rosterHash !== state.cohort.rosterHash || state.identities[body.from] !== identity)
    throw new Refusal("message-invalid");
  // A copy: what came off a socket keeps alive whatever came with it.
  const boxes = message.boxes.slice();
  if (boxes.length !== state.graph.neighbours(body.from).length * state.parcel) throw new Refusal("message-invalid");
  if (toHex(await state.sha256(boxes)) !== body.boxesHash) throw new Refusal("message-invalid");
  if (!(await isSignedBy("shares", message.shares, identity, state.verify))) throw new Refusal("signature-invalid");
  // After the last wait: of two copies at once, one passes.
  if (state.dealt.has(body.from)) throw new Refusal("duplicate");
  state.dealt.set(body.from, { commitment: body.commitment, boxes });
}

/** The coordinator's side once the cohort is fixed. */
export interface Delivered extends Sharing {
  senders: number[];
  /** By sender: those of its neighbours that are senders as well, ascending */
  partners: Map<number, readonly number[]>;
  delivery: Signed<Delivery>;
  deliveryHash: string;
  /** Of the senders' number */
  plan: RoundPlan;
}

/** @throws Abort when too many left before sharing: nothing was revealed and nobody was charged */
export async function deliverShares(env: CoordinatorEnv, state: Sharing): Promise<Delivered> {
  const { cohort, graph, seed, dealt } = state;
  const senders = wellConnected(dealt.keys(), state);
  if (!enoughSenders(senders.length, cohort, env)) throw new Abort("sharers-too-few");
  const body = { rosterHash: cohort.rosterHash, seed, senders: setText(senders, cohort.size) };
  const isSender = new Set(senders);
  return {
    ...state,
    senders,
    partners: new Map(senders.map((member) => [member, graph.neighbours(member).filter((m) => isSender.has(m))])),
    delivery: await signBody("delivery", body, env.signer),
    deliveryHash: await hashOf(body),
    plan: planOfSenders(env, state, senders.length),
  };
}

/** What is delivered to this sender. */
export function deliveryTo(state: Delivered, member: number): DeliveryMessage {
  const parcels = state.partners.get(member)!.map((from) => parcelOf(state, from, member));
  return { delivery: state.delivery, boxes: joinPackets(parcels, state.parcel) };
}

/** What one member dealt to another. */
export const parcelOf = ({ dealt, graph, parcel }: Sharing, from: number, to: number): Bytes =>
  packetAt(dealt.get(from)!.boxes, graph.neighbours(from).indexOf(to), parcel);

/** The roster's terms once more, and at least one honest share of noise. */
const enoughSenders = (senders: number, cohort: Cohort, env: Pick<CoordinatorEnv, "task">): boolean =>
  enoughLeft(senders, cohort, env) && guaranteedCohort(env.task, senders, cohort.size).honest >= 1;

const planOfSenders = (
  env: Pick<CoordinatorEnv, "task" | "plan">,
  { facts, cohort }: Pick<Linked, "facts" | "cohort">,
  senders: number,
): RoundPlan => roundPlan(env.task, env.plan, facts.question, senders, cohort.size);

/** A participant whose cohort is fixed: it knows its share of the noise. */
export interface Entrusted extends Shared {
  deliveryHash: string;
  senders: Pick<MemberSet, "has" | "size">;
  /** By neighbour that sent shares, ascending */
  held: Map<number, HeldShares>;
  /** Of the senders' number: the noise to add, the survivors to insist on */
  plan: RoundPlan;
}

/** Opens every packet and checks that sender and receiver inside it are right. @throws Decline */
export async function openDelivery(env: ParticipantEnv, state: Shared, message: DeliveryMessage): Promise<Entrusted> {
  const { body } = message.delivery;
  const { cohort, context, me } = state;
  if (!(await isSignedBy("delivery", message.delivery, env.coordinatorKey, env.crypto?.verify)))
    throw new Decline("signature-invalid", { of: "delivery" });
  if (body.rosterHash !== cohort.rosterHash) throw new Decline("roster-invalid", { what: "round" });
  if (body.seed !== state.seed) throw new Decline("roster-invalid", { what: "graph" });
  const senders = new MemberSet(membersOfText(body.senders, cohort.size) ?? [], cohort.size);
  if (!senders.has(me)) throw new Decline("roster-invalid", { what: "senders" });
  const neighbours = state.neighbours.filter((other) => senders.has(other));
  if (!enoughSenders(senders.size, cohort, env) || neighbours.length < cohort.graph.threshold)
    throw new Decline("roster-too-small", { size: senders.size, minimum: minimumCohort(env.task) });
  const held = new Map<number, HeldShares>();
  const parcel = parcelLength(env.task);
  const maskSecrets = new Map(state.maskSecrets);
  if (message.boxes.length !== neighbours.length * parcel) throw new Decline("share-invalid", { from: "everybody" });
  for (const [i, from] of neighbours.entries()) {
    const whole = packetAt(message.boxes, i, parcel);
    const received = await state.kem?.receive(whole.slice(0, kemTextLength));
    const agreed = state.boxSecrets.get(from)!;
    const secret = received ? await bothSecrets(agreed, received) : agreed;
    const packet = await open(context, secret, from, me, whole.slice(parcel - boxLength), env.crypto?.hkdf);
    if (!packet) throw new Decline("share-invalid", { from });
    const view = new DataView(packet.buffer, packet.byteOffset);
    if (view.getUint32(0) !== from || view.getUint32(4) !== me) throw new Decline("share-invalid", { from });
    // Of the two directions, a mask takes that of the member which comes first.
    const kem = received && (me < from ? state.kemSecrets.get(from)! : received);
    if (kem) maskSecrets.set(from, await bothSecrets(state.maskSecrets.get(from)!, kem));
    held.set(from, { key: packet.slice(8, 8 + shareLength), seed: packet.slice(8 + shareLength) });
  }
  const plan = planOfSenders(env, state, senders.size);
  return { ...state, maskSecrets, senders, deliveryHash: await hashOf(body), held, plan };
}
