/**
 * Phase 1, second half: the cohort is closed, everybody sees the commitments of who is in it, and the graph of who masks with
 * whom is drawn from the nonces that these were made with. Whoever chooses the roster chooses before it knows the honest nonces.
 */
import { fromHex, hashOf, type Sha256, sha256, toHex } from "../canonical.ts";
import { graphFor, guaranteedCohort, minimumCohort } from "../cohort.ts";
import { drawGraph, type Graph, graphSeed, nonceCommitment, nonceLength } from "../secure-sum/graph.ts";
import { type Kem, type KemSecret, kemKeyLength } from "../secure-sum/hybrid.ts";
import type { MaskContext } from "../secure-sum/masks.ts";
import { largestSharing } from "../secure-sum/shares.ts";
import type { Task } from "../task.ts";
import { type Gathering, type Joined, keyBytes, keysHashOf, type Ready } from "./1-ready.ts";
import { decodeOpenings, encodeOpenings, type Opening } from "./openings.ts";
import { concat, packetAt } from "./packets.ts";
import { Abort, Decline, Refusal } from "./reasons.ts";
import type { Cohort, CoordinatorEnv, ParticipantEnv, RoundFacts } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";
import { checkWitnesses, type Witnessed } from "./witnessed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

export interface Roster {
  announcementHash: string;
  size: number;
  /** SHA-256 of all members' commitments, hex: who signs it binds every nonce and every key before any is known */
  commitmentsHash: string;
}

/** The coordinator's side of a closed cohort. */
export interface Gathered {
  facts: RoundFacts;
  verify: CoordinatorEnv["verify"];
  sha256: Sha256;
  cohort: Cohort;
  roster: Signed<Roster>;
  /** In the order that makes a member's index */
  offers: Signed<Ready>[];
  /** Identities (Ed25519 public keys, hex) in the same order */
  identities: readonly string[];
  indices: ReadonlyMap<string, number>;
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
  const commitments = concat(offers.map(({ body }) => fromHex(body.commitment)));
  const commitmentsHash = toHex(await env.sha256(commitments));
  const body = { announcementHash, size: identities.length, commitmentsHash };
  return {
    facts: state.facts,
    verify: state.verify,
    sha256: state.sha256,
    roster: await signBody("roster", body, env.signer),
    cohort: { rosterHash: await hashOf(body), size: body.size, graph: graphFor(env.task, body.size)! },
    offers,
    identities,
    indices: new Map(identities.map((identity, i) => [identity, i])),
  };
}

/** A participant that knows its cohort's size and commitments, but not yet its neighbours. */
export interface Rostered extends Joined {
  cohort: Cohort;
  commitmentsHash: string;
}

/** A member's part in the graph's seed; that it fits the signed commitment is all the proof it needs. */
export interface Nonce {
  rosterHash: string;
  /** 16 bytes, hex */
  nonce: string;
}

/**
 * A tab trusts no roster. Here it checks the size; whether it is in it, and whether what it is shown of the members is what
 * was signed here, when it is shown that. @throws Decline
 */
export async function openRoster(
  env: ParticipantEnv,
  state: Joined,
  roster: Witnessed<Roster>,
): Promise<{ state: Rostered; message: Nonce }> {
  const { body } = roster;
  if (!(await isSignedBy("roster", roster, env.coordinatorKey, env.crypto?.verify)))
    throw new Decline("signature-invalid", { of: "roster" });
  if (body.announcementHash !== state.facts.announcementHash) throw new Decline("roster-invalid", { what: "round" });
  await checkWitnesses(env.task, "roster", roster);
  const { size, commitmentsHash } = body;
  const minimum = minimumCohort(env.task);
  if (size < minimum) throw new Decline("roster-too-small", { size, minimum });
  const graph = size <= env.task.cohort.maximum ? graphFor(env.task, size) : undefined;
  if (!graph) throw new Decline("roster-invalid", { what: "size" });
  if (!(await env.claim("nonce", state.facts.announcementHash)))
    throw new Decline("already-answered", { step: "nonce" });
  const rosterHash = await hashOf(body);
  return {
    state: { ...state, cohort: { rosterHash, size, graph }, commitmentsHash },
    message: { rosterHash, nonce: toHex(state.nonce) },
  };
}

/** The coordinator's side while nonces come in. */
export interface Revealing extends Gathered {
  opened: Map<number, Opening>;
}

export const collectNonces = (state: Gathered): Revealing => ({ ...state, opened: new Map() });

/** @param identity whom the connection belongs to @throws Refusal */
export async function admitNonce(state: Revealing, identity: string, message: Nonce): Promise<void> {
  const member = state.indices.get(identity);
  if (message.rosterHash !== state.cohort.rosterHash || member === undefined) throw new Refusal("message-invalid");
  const { body } = state.offers[member]!;
  const nonce = fromHex(message.nonce);
  const keysHash = await keysHashOf(body, state.sha256);
  const commitment = await nonceCommitment(nonce, keysHash, body.announcementHash, state.sha256);
  if (nonce.length !== nonceLength || toHex(commitment) !== body.commitment) throw new Refusal("message-invalid");
  if (state.opened.has(member)) throw new Refusal("duplicate");
  state.opened.set(member, { nonce, keysHash });
}

export interface Nonces {
  rosterHash: string;
  /** Of the openings, hex */
  openingsHash: string;
}

/** The same for everybody; each member is shown its neighbours' offers beside it (`offersTo`). */
export interface NoncesMessage {
  nonces: Signed<Nonces>;
  /** Of every member; see openings.ts */
  openings: Bytes;
}

/** The coordinator's side once the graph is drawn. */
export interface Linked extends Gathered {
  /** Of those who opened their commitments */
  graph: Graph;
  /** Who is asked for shares: roster indices, ascending */
  sharers: number[];
  /** Hex */
  seed: string;
  nonces: NoncesMessage;
  /** Of each member, as its neighbours are shown it */
  offered: readonly Bytes[];
}

/** @throws Abort when too few are left: nothing was revealed and nobody was charged */
export async function linkCohort(env: CoordinatorEnv, { opened: unordered, ...state }: Revealing): Promise<Linked> {
  const { cohort, offers } = state;
  const opened = new Map([...unordered].sort(([a], [b]) => a - b));
  const { seed, graph } = await graphOf(cohort, opened);
  const sharers = wellConnected(opened.keys(), { cohort, graph });
  if (!enoughLeft(sharers.length, cohort, env)) throw new Abort("sharers-too-few");
  const openings = encodeOpenings(
    offers.map(({ body }) => body.commitment),
    opened,
  );
  const body = { rosterHash: cohort.rosterHash, openingsHash: toHex(await env.sha256(openings)) };
  const nonces = { nonces: await signBody("nonces", body, env.signer), openings };
  return { ...state, graph, sharers, seed, nonces, offered: offers.map(offerBytes) };
}

/** Without those whom too few neighbours could open, and without those who miss them in turn: roster indices, ascending. */
export function wellConnected(
  members: Iterable<number>,
  { cohort, graph }: Pick<Linked, "cohort" | "graph">,
): number[] {
  const left = new Set(members);
  for (let before = -1; before !== left.size; ) {
    before = left.size;
    for (const member of left)
      if (graph.neighbours(member).filter((other) => left.has(other)).length < cohort.graph.threshold)
        left.delete(member);
  }
  return [...left].sort((a, b) => a - b);
}

/** Of those of a sharer's neighbours who opened their commitments, in ascending order of index: see `offerBytes`. */
export const offersTo = ({ graph, offered }: Linked, member: number): Bytes =>
  concat(graph.neighbours(member).map((other) => offered[other]!));

/** Nobody shares a secret with those who did not open their commitments. */
async function graphOf(
  { rosterHash, size, graph: { degree } }: Cohort,
  opened: ReadonlyMap<number, Opening>,
): Promise<{ seed: string; graph: Graph }> {
  const nonces = new Map([...opened].map(([member, { nonce }]) => [member, nonce]));
  const seed = await graphSeed(fromHex(rosterHash), nonces);
  return { seed: toHex(seed), graph: await drawGraph(seed, size, degree, opened) };
}

const signatureLength = 64;
const keysLength = ({ postQuantum }: Pick<Task, "postQuantum">): number => 3 * 32 + (postQuantum ? kemKeyLength : 0);

export const offerLength = (task: Pick<Task, "postQuantum">): number => keysLength(task) + signatureLength;

/** An offer without what a neighbour knows: its keys, then their owner's signature. */
export const offerBytes = ({ body, signature }: Signed<Ready>): Bytes => concat([keyBytes(body), fromHex(signature)]);

/** With what the openings have of it. */
function offerFrom(bytes: Bytes, task: Task, announcementHash: string, commitment: string): Signed<Ready> {
  const hex = toHex(bytes);
  const key = (i: number) => hex.slice(64 * i, 64 * (i + 1));
  const body = { announcementHash, identity: key(0), maskKey: key(1), boxKey: key(2), commitment };
  const kemKey = hex.slice(3 * 64, 2 * keysLength(task));
  return { body: task.postQuantum ? { ...body, kemKey } : body, signature: hex.slice(2 * keysLength(task)) };
}

/** Of the roster, enough to go on with: as many as the task's tolerance for dropouts leaves, and never too few. */
export function enoughLeft(count: number, cohort: Cohort, env: Pick<CoordinatorEnv, "task">): boolean {
  return count >= guaranteedCohort(env.task, cohort.size).survivors && count >= minimumCohort(env.task);
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
  /** By member index, of neighbours only: Ed25519, hex */
  identities: Map<number, string>;
  /** X25519 secrets, likewise */
  maskSecrets: Map<number, Bytes>;
  boxSecrets: Map<number, Bytes>;
  /** With `postQuantum`: what this member sends to each neighbour */
  kemSecrets: Map<number, KemSecret>;
}

/** What follows from the openings, the same for every member. */
export interface Drawn {
  /** Of every member, hex; no two are the same */
  commitments: readonly string[];
  opened: ReadonlyMap<number, Opening>;
  /** Hex */
  seed: string;
  graph: Graph;
}

/** Checks that the openings are those of the roster, and draws the graph from their nonces. @throws Decline */
export async function drawFrom(
  env: Pick<ParticipantEnv, "coordinatorKey">,
  { cohort, facts, commitmentsHash }: Pick<Rostered, "cohort" | "facts" | "commitmentsHash">,
  { nonces: message, openings }: NoncesMessage,
): Promise<Drawn> {
  const { body } = message;
  if (!(await isSignedBy("nonces", message, env.coordinatorKey)))
    throw new Decline("signature-invalid", { of: "nonces" });
  if (body.rosterHash !== cohort.rosterHash) throw new Decline("roster-invalid", { what: "round" });
  const decoded = await decodeOpenings(openings, cohort.size, facts.announcementHash);
  if (
    !decoded ||
    toHex(await sha256(openings)) !== body.openingsHash ||
    toHex(await sha256(decoded.commitments)) !== commitmentsHash
  )
    throw new Decline("roster-invalid", { what: "nonces" });
  const { opened } = decoded;
  const commitments = Array.from({ length: cohort.size }, (_, i) => toHex(packetAt(decoded.commitments, i, 32)));
  if (new Set(commitments).size !== cohort.size) throw new Decline("roster-invalid", { what: "one member twice" });
  return { commitments, opened, ...(await graphOf(cohort, opened)) };
}

/**
 * Draws the graph by itself, from nonces of which its own is one, and checks every neighbour. @throws Decline
 * @param draw by default `drawFrom`; members of one process need it once
 */
export async function openGraph(
  env: ParticipantEnv,
  state: Rostered,
  message: NoncesMessage,
  offers: Bytes,
  draw: typeof drawFrom = drawFrom,
): Promise<Neighbour> {
  const { cohort, facts } = state;
  const { commitments, opened, seed, graph } = await draw(env, state, message);
  const me = commitments.indexOf(state.offer.body.commitment);
  if (!opened.has(me)) throw new Decline("roster-invalid", { what: "own entry" });
  if (!enoughLeft(opened.size, cohort, env))
    throw new Decline("roster-too-small", { size: opened.size, minimum: minimumCohort(env.task) });
  const neighbours = graph.neighbours(me);
  if (neighbours.length < cohort.graph.threshold)
    throw new Decline("roster-too-small", { size: opened.size, minimum: minimumCohort(env.task) });
  const length = offerLength(env.task);
  if (offers.length !== neighbours.length * length) throw new Decline("roster-invalid", { what: "offers" });
  const members = neighbours.map((index, i) =>
    offerFrom(packetAt(offers, i, length), env.task, facts.announcementHash, commitments[index]!),
  );
  const keys = [state.offer, ...members].flatMap(({ body }) => [body.identity, body.maskKey, body.boxKey]);
  if (new Set(keys).size !== keys.length) throw new Decline("roster-invalid", { what: "duplicate key" });
  const maskSecrets = new Map<number, Bytes>();
  const boxSecrets = new Map<number, Bytes>();
  const kemSecrets = new Map<number, KemSecret>();
  await Promise.all(
    neighbours.map(async (index, i) => {
      const { body, signature } = members[i]!;
      if (toHex(await keysHashOf(body, env.crypto?.sha256)) !== toHex(opened.get(index)!.keysHash))
        throw new Decline("roster-invalid", { what: "offers" });
      if (!(await isSignedBy("ready", { body, signature }, body.identity, env.crypto?.verify)))
        throw new Decline("roster-invalid", { what: "signature" });
      try {
        maskSecrets.set(index, await state.maskKeys.agree(fromHex(body.maskKey)));
        boxSecrets.set(index, await state.boxKeys.agree(fromHex(body.boxKey)));
        if (state.kem) kemSecrets.set(index, await state.kem.send(fromHex(body.kemKey!), index));
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
    seed,
    neighbours,
    identities: new Map(neighbours.map((index, i) => [index, members[i]!.body.identity])),
    maskSecrets,
    boxSecrets,
    kemSecrets,
  };
}
