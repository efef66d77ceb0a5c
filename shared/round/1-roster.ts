/**
 * Phase 1, second half: the cohort is closed, everybody sees who is in it, and the graph of who masks with whom is drawn
 * from nonces that were committed to before. Whoever chooses the roster chooses before it knows the honest nonces.
 */
import { fromHex, hashOf, type Sha256, sha256, toHex } from "../canonical.ts";
import { graphFor, guaranteedCohort, minimumCohort } from "../cohort.ts";
import { drawGraph, type Graph, graphSeed, nonceCommitment, nonceLength } from "../secure-sum/graph.ts";
import { type Kem, type KemSecret, kemKeyLength } from "../secure-sum/hybrid.ts";
import type { MaskContext } from "../secure-sum/masks.ts";
import { largestSharing } from "../secure-sum/shares.ts";
import type { Gathering, Joined, Ready } from "./1-ready.ts";
import { joinPackets, packetAt } from "./packets.ts";
import { Abort, Decline, Refusal } from "./reasons.ts";
import type { Cohort, CoordinatorEnv, ParticipantEnv, RoundFacts } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";
import { checkWitnesses, type Witnessed } from "./witnessed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface Roster {
  announcementHash: string;
  size: number;
  /** SHA-256 of the members' bytes, hex */
  membersHash: string;
}

export interface RosterMessage {
  roster: Witnessed<Roster>;
  /** Each member's own signed offer, in ascending order of identity: the order is the members' index */
  members: Bytes;
}

/**
 * An offer as bytes: identity, mask key, box key, nonce commitment, with `postQuantum` the KEM's key, signature. The
 * announcement is the roster's.
 */
const fields = [
  ["identity", 32],
  ["maskKey", 32],
  ["boxKey", 32],
  ["nonceHash", 32],
] as const;
const fieldsOf = (postQuantum = false) => [...fields, ...(postQuantum ? [["kemKey", kemKeyLength] as const] : [])];
const signatureLength = 64;
export const memberLength = (postQuantum = false): number =>
  4 * 32 + (postQuantum ? kemKeyLength : 0) + signatureLength;

export function encodeMembers(offers: readonly Signed<Ready>[]): Bytes {
  const postQuantum = offers.some(({ body }) => body.kemKey !== undefined);
  const bytes = new Uint8Array(offers.length * memberLength(postQuantum));
  let at = 0;
  const put = (hex: string) => {
    bytes.set(fromHex(hex), at);
    at += hex.length / 2;
  };
  for (const { body, signature } of offers) {
    for (const [field] of fieldsOf(postQuantum)) put(body[field]!);
    put(signature);
  }
  return bytes;
}

/** The offer of the member with this index. */
export function memberAt(members: Bytes, index: number, announcementHash: string, postQuantum = false): Signed<Ready> {
  let at = index * memberLength(postQuantum);
  const take = (length: number) => {
    at += length;
    return toHex(members.subarray(at - length, at));
  };
  const body = Object.fromEntries(fieldsOf(postQuantum).map(([field, length]) => [field, take(length)]));
  return {
    body: { announcementHash, ...(body as Omit<Ready, "announcementHash">) },
    signature: take(signatureLength),
  };
}

/** The coordinator's side of a closed cohort. */
export interface Gathered {
  facts: RoundFacts;
  verify: CoordinatorEnv["verify"];
  sha256: Sha256;
  cohort: Cohort;
  roster: RosterMessage;
  offers: Ready[];
}

/** @throws Abort when fewer than the task's minimum are ready */
export async function closeCohort(env: CoordinatorEnv, state: Gathering): Promise<Gathered> {
  const ready = [...state.offers.keys()].sort().slice(0, env.task.cohort.maximum);
  // Where so many have no graph that fits, as many as have one.
  const size = graphFor(env.task, ready.length) ? ready.length : largestSharing + 1;
  const identities = ready.slice(0, size);
  if (identities.length < minimumCohort(env.task)) throw new Abort("cohort-too-small");
  const offers = identities.map((identity) => state.offers.get(identity)!);
  const { announcementHash } = state.facts;
  const members = encodeMembers(offers);
  const body = { announcementHash, size: identities.length, membersHash: toHex(await sha256(members)) };
  return {
    facts: state.facts,
    verify: state.verify,
    sha256: state.sha256,
    roster: { roster: await signBody("roster", body, env.signer), members },
    cohort: { rosterHash: await hashOf(body), identities, graph: graphFor(env.task, identities.length)! },
    offers: offers.map((offer) => offer.body),
  };
}

/** A participant that knows its cohort, but not yet its neighbours. */
export interface Rostered extends Joined {
  cohort: Cohort;
  me: number;
  /** As they came: a thousand offers take less as bytes than as texts */
  members: Bytes;
}

/** A member's part in the graph's seed; that it fits the signed commitment is all the proof it needs. */
export interface Nonce {
  rosterHash: string;
  /** Index in the roster */
  from: number;
  /** 16 bytes, hex */
  nonce: string;
}

/**
 * A tab trusts no roster: size, order, every key's uniqueness and its own entry are checked here; its neighbours'
 * signatures and keys when it knows which those are. @throws Decline
 */
export async function openRoster(
  env: ParticipantEnv,
  state: Joined,
  { roster, members }: RosterMessage,
): Promise<{ state: Rostered; message: Nonce }> {
  const { body } = roster;
  if (!(await isSignedBy("roster", roster, env.coordinatorKey)))
    throw new Decline("signature-invalid", { of: "roster" });
  if (body.announcementHash !== state.facts.announcementHash) throw new Decline("roster-invalid", { what: "round" });
  await checkWitnesses(env.task, "roster", roster);
  const { size } = body;
  const minimum = minimumCohort(env.task);
  if (size < minimum) throw new Decline("roster-too-small", { size, minimum });
  const graph = size <= env.task.cohort.maximum ? graphFor(env.task, size) : undefined;
  if (!graph) throw new Decline("roster-invalid", { what: "size" });
  if (members.length !== size * memberLength(env.task.postQuantum) || toHex(await sha256(members)) !== body.membersHash)
    throw new Decline("roster-invalid", { what: "members" });

  const offers = Array.from({ length: size }, (_, i) =>
    memberAt(members, i, body.announcementHash, env.task.postQuantum),
  );
  const identities = offers.map((offer) => offer.body.identity);
  for (let i = 1; i < size; i++) {
    // Strictly ascending: no identity stands twice.
    if (identities[i - 1]! >= identities[i]!) throw new Decline("roster-invalid", { what: "order" });
  }
  const keys = new Set(offers.flatMap(({ body }) => [body.maskKey, body.boxKey]));
  if (keys.size !== 2 * size) throw new Decline("roster-invalid", { what: "duplicate key" });
  const me = identities.indexOf(toHex(env.identity.publicKey));
  if (me < 0 || (await hashOf(offers[me])) !== (await hashOf(state.offer)))
    throw new Decline("roster-invalid", { what: "own entry" });
  if (!(await env.claim("nonce", state.facts.announcementHash)))
    throw new Decline("already-answered", { step: "nonce" });
  const rosterHash = await hashOf(body);
  return {
    state: { ...state, cohort: { rosterHash, identities, graph }, me, members },
    message: { rosterHash, from: me, nonce: toHex(state.nonce) },
  };
}

/** The coordinator's side while nonces come in. */
export interface Revealing extends Gathered {
  nonces: Map<number, Bytes>;
}

export const collectNonces = (state: Gathered): Revealing => ({ ...state, nonces: new Map() });

/** @param identity whom the connection belongs to @throws Refusal */
export async function admitNonce(state: Revealing, identity: string, message: Nonce): Promise<void> {
  const { rosterHash, from, nonce } = message;
  if (rosterHash !== state.cohort.rosterHash || state.cohort.identities[from] !== identity)
    throw new Refusal("message-invalid");
  if (!(await isCommitted(state.offers[from]!, fromHex(nonce), state.sha256))) throw new Refusal("message-invalid");
  if (state.nonces.has(from)) throw new Refusal("duplicate");
  state.nonces.set(from, fromHex(nonce));
}

const isCommitted = async (offer: Ready, nonce: Bytes, digest?: Sha256): Promise<boolean> =>
  nonce.length === nonceLength &&
  (await nonceCommitment(nonce, fromHex(offer.identity), offer.announcementHash, digest)) === offer.nonceHash;

export interface Nonces {
  rosterHash: string;
  /** Roster indices of those who revealed theirs, ascending */
  members: number[];
}

export interface NoncesMessage {
  nonces: Signed<Nonces>;
  /** 16 bytes each, in the members' order */
  bytes: Bytes;
}

/** The coordinator's side once the graph is drawn. */
export interface Linked extends Gathered {
  graph: Graph;
  /** Hex */
  seed: string;
  nonces: NoncesMessage;
}

/** @throws Abort when too few are left: nothing was revealed and nobody was charged */
export async function linkCohort(env: CoordinatorEnv, { nonces: revealed, ...state }: Revealing): Promise<Linked> {
  const { cohort } = state;
  const nonces = new Map([...revealed].sort(([a], [b]) => a - b));
  if (!enoughLeft(nonces.size, cohort, env)) throw new Abort("sharers-too-few");
  const bytes = joinPackets([...nonces.values()], nonceLength);
  const seed = await graphSeed(fromHex(cohort.rosterHash), nonces);
  const body = { rosterHash: cohort.rosterHash, members: [...nonces.keys()] };
  return {
    ...state,
    graph: await drawGraph(seed, cohort.identities.length, cohort.graph.degree),
    seed: toHex(seed),
    nonces: { nonces: await signBody("nonces", body, env.signer), bytes },
  };
}

/** Of the roster, enough to go on with: as many as the task's tolerance for dropouts leaves, and never too few. */
export function enoughLeft(count: number, cohort: Cohort, env: Pick<CoordinatorEnv, "task">): boolean {
  return count >= guaranteedCohort(env.task, cohort.identities.length).survivors && count >= minimumCohort(env.task);
}

/** A participant that shares a secret with each of its neighbours. */
export interface Neighbour {
  facts: RoundFacts;
  cohort: Cohort;
  context: MaskContext;
  me: number;
  maskSecret: Bytes;
  kem: Kem | undefined;
  /** Graph seed as this tab computed it, hex */
  seed: string;
  /** Roster indices, ascending */
  neighbours: readonly number[];
  /** X25519 secrets by member index, of neighbours only */
  maskSecrets: Map<number, Bytes>;
  boxSecrets: Map<number, Bytes>;
  /** With `postQuantum`: what this member sends to each neighbour */
  kemSecrets: Map<number, KemSecret>;
}

/** Draws the graph by itself, from nonces of which its own is one, and checks every neighbour. @throws Decline */
export async function openGraph(
  env: ParticipantEnv,
  state: Rostered,
  { nonces: message, bytes }: NoncesMessage,
): Promise<Neighbour> {
  const { cohort, facts, me } = state;
  const offerOf = (member: number) => memberAt(state.members, member, facts.announcementHash, env.task.postQuantum);
  const { body } = message;
  if (!(await isSignedBy("nonces", message, env.coordinatorKey)))
    throw new Decline("signature-invalid", { of: "nonces" });
  if (body.rosterHash !== cohort.rosterHash) throw new Decline("roster-invalid", { what: "round" });
  if (!isAscending(body.members, cohort.identities.length) || bytes.length !== body.members.length * nonceLength)
    throw new Decline("roster-invalid", { what: "nonces" });
  if (!enoughLeft(body.members.length, cohort, env))
    throw new Decline("roster-too-small", { size: body.members.length, minimum: minimumCohort(env.task) });
  const nonces = new Map(body.members.map((m, i) => [m, packetAt(bytes, i, nonceLength)]));
  const own = nonces.get(me);
  if (!own || toHex(own) !== toHex(state.nonce)) throw new Decline("roster-invalid", { what: "own nonce" });
  const committed = await Promise.all([...nonces].map(([m, nonce]) => isCommitted(offerOf(m).body, nonce)));
  if (!committed.every(Boolean)) throw new Decline("roster-invalid", { what: "nonces" });

  const seed = await graphSeed(fromHex(cohort.rosterHash), nonces);
  const graph = await drawGraph(seed, cohort.identities.length, cohort.graph.degree);
  const neighbours = graph.neighbours(me);
  const maskSecrets = new Map<number, Bytes>();
  const boxSecrets = new Map<number, Bytes>();
  const kemSecrets = new Map<number, KemSecret>();
  await Promise.all(
    neighbours.map(async (index) => {
      const member = offerOf(index);
      if (!(await isSignedBy("ready", member, member.body.identity)))
        throw new Decline("roster-invalid", { what: "signature" });
      try {
        maskSecrets.set(index, await state.maskKeys.agree(fromHex(member.body.maskKey)));
        boxSecrets.set(index, await state.boxKeys.agree(fromHex(member.body.boxKey)));
        if (state.kem) kemSecrets.set(index, await state.kem.send(fromHex(member.body.kemKey!), index));
      } catch {
        throw new Decline("roster-invalid", { what: "weak key" });
      }
    }),
  );
  return {
    facts,
    cohort,
    context: { announcementHash: fromHex(facts.announcementHash), rosterHash: fromHex(cohort.rosterHash) },
    me,
    maskSecret: state.maskSecret,
    kem: state.kem,
    seed: toHex(seed),
    neighbours,
    maskSecrets,
    boxSecrets,
    kemSecrets,
  };
}

/** Whether these are roster indices in strictly ascending order: none twice, none outside. */
export const isAscending = (indices: readonly number[], size: number): boolean =>
  indices.every((index, i) => Number.isInteger(index) && index < size && index > (i === 0 ? -1 : indices[i - 1]!));
