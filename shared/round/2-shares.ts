/**
 * Phase 2: each member shares out its mask key and its self-mask seed, sealed for each neighbour; who did so is the
 * cohort from here on. If a member drops out later, its neighbours can remove its masks; if it stays, they can remove its
 * self mask; never both (phase 4). A member keeps no share of its own: with k holders of which b are corrupt, 2t > k + b
 * is what keeps the two kinds apart.
 */
import { fromBase64, hashOf, toBase64 } from "../canonical.ts";
import { guaranteedCohort, minimumCohort } from "../cohort.ts";
import { type RoundPlan, roundPlan } from "../plan.ts";
import { open, seal } from "../secure-sum/boxes.ts";
import { seedCommitment, shareLength, shareOut } from "../secure-sum/shares.ts";
import { enoughLeft, isAscending, type Linked, type Neighbour } from "./1-roster.ts";
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
  /** Sealed packets by neighbour's index, base64 */
  boxes: Record<string, string>;
}

/** Who sent shares: U2 of the paper. From here on «the cohort» means these. */
export interface Delivery {
  rosterHash: string;
  /** Of the graph that the packets went along, hex: who agrees to survivors later agrees to this as well */
  seed: string;
  /** Roster indices, ascending */
  senders: number[];
}

export interface DeliveryMessage {
  delivery: Signed<Delivery>;
  /** Packets for this member by neighbour, base64 */
  boxes: Record<string, string>;
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
): Promise<{ state: Shared; message: Signed<Shares> }> {
  if (!(await env.claim("shares", state.facts.announcementHash)))
    throw new Decline("already-answered", { step: "shares" });
  const { cohort, context, me, neighbours } = state;
  const maskSeed = crypto.getRandomValues(new Uint8Array(32));
  const [keyShares, seedShares] = await Promise.all([
    shareOut(state.maskKeys.secret, neighbours.length, cohort.graph.threshold),
    shareOut(maskSeed, neighbours.length, cohort.graph.threshold),
  ]);
  const boxes: Record<string, string> = {};
  await Promise.all(
    neighbours.map(async (to, i) => {
      const packet = new Uint8Array(8 + 2 * shareLength);
      const view = new DataView(packet.buffer);
      view.setUint32(0, me);
      view.setUint32(4, to);
      packet.set(keyShares[i]!, 8);
      packet.set(seedShares[i]!, 8 + shareLength);
      boxes[to] = toBase64(await seal(context, state.boxSecrets.get(to)!, me, to, packet));
    }),
  );
  const body: Shares = {
    rosterHash: cohort.rosterHash,
    from: me,
    commitment: await seedCommitment(maskSeed, me, context.rosterHash),
    boxes,
  };
  return {
    state: { ...state, maskSeed },
    message: await signBody("shares", body, env.identity),
  };
}

/** The coordinator's side while shares come in. */
export interface Sharing extends Linked {
  shares: Map<number, Shares>;
}

export const collectShares = (state: Linked): Sharing => ({ ...state, shares: new Map() });

/** @param identity whom the connection belongs to @throws Refusal */
export async function admitShares(state: Sharing, identity: string, message: Signed<Shares>): Promise<void> {
  const { body } = message;
  const { identities, rosterHash } = state.cohort;
  if (body.rosterHash !== rosterHash || identities[body.from] !== identity) throw new Refusal("message-invalid");
  const neighbours = state.graph.neighbours(body.from);
  const complete = neighbours.every((to) => typeof body.boxes[to] === "string");
  if (!complete || Object.keys(body.boxes).length !== neighbours.length) throw new Refusal("message-invalid");
  if (!(await isSignedBy("shares", message, identity))) throw new Refusal("signature-invalid");
  // After the last wait: of two copies at once, one passes.
  if (state.shares.has(body.from)) throw new Refusal("duplicate");
  state.shares.set(body.from, body);
}

/** The coordinator's side once the cohort is fixed. */
export interface Delivered extends Linked {
  senders: number[];
  commitments: Map<number, string>;
  delivery: Signed<Delivery>;
  deliveryHash: string;
  /** By roster index: the packets for that member */
  boxes: Map<number, Record<string, string>>;
  /** Of the senders' number */
  plan: RoundPlan;
}

/** @throws Abort when too many left before sharing: nothing was revealed and nobody was charged */
export async function deliverShares(env: CoordinatorEnv, { shares, ...state }: Sharing): Promise<Delivered> {
  const { cohort, graph, seed } = state;
  const senders = wellConnected([...shares.keys()], state);
  if (!enoughSenders(senders.length, cohort, env)) throw new Abort("sharers-too-few");
  const body = { rosterHash: cohort.rosterHash, seed, senders };
  const isSender = new Set(senders);
  const boxes = new Map(
    senders.map((to) => {
      const from = graph.neighbours(to).filter((other) => isSender.has(other));
      return [to, Object.fromEntries(from.map((other) => [other, shares.get(other)!.boxes[to]!]))];
    }),
  );
  return {
    ...state,
    senders,
    commitments: new Map(senders.map((from) => [from, shares.get(from)!.commitment])),
    delivery: await signBody("delivery", body, env.signer),
    deliveryHash: await hashOf(body),
    boxes,
    plan: planOfSenders(env, state, senders.length),
  };
}

/** Without those whom too few neighbours could open, and without those who miss them in turn. */
function wellConnected(members: readonly number[], { cohort, graph }: Pick<Linked, "cohort" | "graph">): number[] {
  const left = new Set(members);
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const member of left)
      if (graph.neighbours(member).filter((other) => left.has(other)).length < cohort.graph.threshold)
        left.delete(member);
  }
  return [...left].sort((a, b) => a - b);
}

/** The roster's terms once more, and at least one honest share of noise. */
const enoughSenders = (senders: number, cohort: Cohort, env: Pick<CoordinatorEnv, "task">): boolean =>
  enoughLeft(senders, cohort, env) && guaranteedCohort(env.task, senders, cohort.identities.length).honest >= 1;

const planOfSenders = (
  env: Pick<CoordinatorEnv, "task" | "plan">,
  { facts, cohort }: Pick<Linked, "facts" | "cohort">,
  senders: number,
): RoundPlan => roundPlan(env.task, env.plan, facts.question, senders, cohort.identities.length);

/** A participant whose cohort is fixed: it knows its share of the noise. */
export interface Entrusted extends Shared {
  deliveryHash: string;
  senders: ReadonlySet<number>;
  /** By neighbour that sent shares */
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
  if (body.seed !== state.seed) throw new Decline("roster-invalid", { what: "graph" });
  const senders = new Set(body.senders);
  if (!isAscending(body.senders, cohort.identities.length) || !senders.has(me))
    throw new Decline("roster-invalid", { what: "senders" });
  const neighbours = state.neighbours.filter((other) => senders.has(other));
  if (!enoughSenders(senders.size, cohort, env) || neighbours.length < cohort.graph.threshold)
    throw new Decline("roster-too-small", { size: senders.size, minimum: minimumCohort(env.task) });
  const held = new Map<number, HeldShares>();
  for (const from of neighbours) {
    const sealed = bytesOf(message.boxes[from]);
    const packet = sealed && (await open(context, state.boxSecrets.get(from)!, from, me, sealed));
    if (!packet || packet.length !== 8 + 2 * shareLength) throw new Decline("share-invalid", { from });
    const view = new DataView(packet.buffer, packet.byteOffset);
    if (view.getUint32(0) !== from || view.getUint32(4) !== me) throw new Decline("share-invalid", { from });
    held.set(from, { key: packet.slice(8, 8 + shareLength), seed: packet.slice(8 + shareLength) });
  }
  const plan = planOfSenders(env, state, senders.size);
  return { ...state, senders, deliveryHash: await hashOf(body), held, plan };
}

function bytesOf(base64: string | undefined): Bytes | undefined {
  try {
    return base64 === undefined ? undefined : fromBase64(base64);
  } catch {
    return undefined;
  }
}
