/**
 * Phase 3: the only phase in which anything made from data leaves the tab, and it leaves as `Masked`.
 * The tab's own balance is charged first, and never refunded.
 */
import { sha256, toHex } from "../canonical.ts";
import { minimumCohort } from "../cohort.ts";
import type { RoundPlan } from "../plan.ts";
import type { Masked, Noised } from "../privacy/stages.ts";
import { portionOf } from "../questions/question.ts";
import { mask, pairKey, selfKey } from "../secure-sum/masks.ts";
import { addPacked, pack, packedLength } from "../secure-sum/packing.ts";
import type { Delivered, Entrusted } from "./2-shares.ts";
import { Abort, Decline, Refusal } from "./reasons.ts";
import type { Cohort, CoordinatorEnv, ParticipantEnv, RunningHash } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";

export interface MaskedHeader {
  rosterHash: string;
  from: number;
  /** Hash of the delivery this vector was masked for, hex */
  deliveryHash: string;
  /** SHA-256 of the packed payload, hex */
  sha256: string;
}

export interface MaskedMessage {
  header: Signed<MaskedHeader>;
  payload: Uint8Array<ArrayBuffer>;
}

/** A participant that has uploaded. */
export interface Uploaded extends Entrusted {
  /** For the eye of the person: what left the tab */
  masked: Masked;
  sha256: string;
}

/** @param noised the answer with `state.plan.localVariance` of noise added @throws Decline */
export async function maskAnswer(
  env: ParticipantEnv,
  state: Entrusted,
  noised: Noised,
): Promise<{ state: Uploaded; message: MaskedMessage }> {
  const { facts, context, me, plan } = state;
  if (!(await env.claim("masked", facts.announcementHash))) throw new Decline("already-answered", { step: "masked" });
  await env.charge({
    announcementHash: facts.announcementHash,
    run: env.run,
    round: facts.round,
    attempt: facts.attempt,
    question: facts.question,
    portion: portionOf(facts.question, env.task.privacy.unit),
    noiseMultiplier: plan.noiseMultiplier,
    sampleRate: plan.sampleRate,
    honest: plan.honest,
  });
  const { hkdf, cipher } = env.crypto ?? {};
  const pairKeys = new Map(
    await Promise.all(
      [...state.held.keys()].map(
        async (other) => [other, await pairKey(context, state.maskSecrets.get(other)!, me, other, hkdf)] as const,
      ),
    ),
  );
  const masked = await mask(noised, plan.bits, me, await selfKey(context, state.maskSeed, me, hkdf), pairKeys, cipher);
  const payload = pack(masked, plan.bits);
  const digest = toHex(await sha256(payload));
  const body = { rosterHash: state.cohort.rosterHash, from: me, deliveryHash: state.deliveryHash, sha256: digest };
  return {
    state: { ...state, masked, sha256: digest },
    message: { header: await signBody("masked", body, env.identity), payload },
  };
}

/** What adds vectors up: one running sum and who is in it, and what a vector is held against. */
export interface Counting {
  readonly cohort: Pick<Cohort, "rosterHash">;
  /** By roster index, hex */
  readonly identities: readonly string[];
  readonly deliveryHash: string;
  /** Members whose vectors are added here */
  readonly partners: { has(member: number): boolean };
  readonly plan: { readonly layout: { readonly dimension: number }; readonly bits: number };
  readonly verify: CoordinatorEnv["verify"];
  readonly startHash: CoordinatorEnv["startHash"];
  /** [dimension] residues, in their low bits */
  sum: Uint32Array;
  received: Set<number>;
}

/** The coordinator's side while vectors come in. */
export interface Adding extends Delivered, Pick<Counting, "startHash" | "sum" | "received"> {}

export const addUp = ({ startHash }: CoordinatorEnv, state: Delivered): Adding => ({
  ...state,
  sum: new Uint32Array(state.plan.layout.dimension),
  received: new Set(),
  startHash,
});

/** Coordinates a piece; a payload comes in pieces of just this size, the last one excepted. */
const pieceCoordinates = 2 ** 16;

/** Bytes a piece: 160 kB at 20 bits, 256 kB at most. */
export const pieceLength = (bits: number): number => packedLength(pieceCoordinates, bits);

/** A vector that is on its way. */
export interface Upload {
  from: number;
  sha256: string;
  bits: number;
  /** Packed; its pieces are copied in as they come */
  vector: Uint8Array;
  /** Bytes that are still to come */
  due: number;
  hash: RunningHash;
}

/** @param vector room for a packed vector of the round: what stood in it is written over @throws Refusal */
export async function openUpload(
  state: Counting,
  identity: string,
  header: Signed<MaskedHeader>,
  vector: Uint8Array,
): Promise<Upload> {
  const { body } = header;
  if (body.rosterHash !== state.cohort.rosterHash || state.identities[body.from] !== identity)
    throw new Refusal("message-invalid");
  // Masked for another cohort: its masks would stay in the sum.
  if (body.deliveryHash !== state.deliveryHash || !state.partners.has(body.from)) throw new Refusal("message-invalid");
  if (!(await isSignedBy("masked", header, identity, state.verify))) throw new Refusal("signature-invalid");
  if (state.received.has(body.from)) throw new Refusal("duplicate");
  const { bits } = state.plan;
  return { from: body.from, sha256: body.sha256, bits, vector, due: vector.length, hash: state.startHash() };
}

/** Bytes of a packed vector of the round. */
export const payloadLength = ({ layout, bits }: Counting["plan"]): number => packedLength(layout.dimension, bits);

/** @returns whether it was the last one @throws Refusal */
export function takePiece(upload: Upload, piece: Uint8Array): boolean {
  if (piece.length === 0 || piece.length !== Math.min(pieceLength(upload.bits), upload.due))
    throw new Refusal("payload-invalid");
  upload.hash.update(piece);
  upload.vector.set(piece, upload.vector.length - upload.due);
  upload.due -= piece.length;
  return upload.due === 0;
}

/** Adds a vector that is here as a whole; a refused one leaves the sum untouched. @throws Refusal */
export function closeUpload(state: Counting, upload: Upload): void {
  if (upload.due !== 0 || toHex(upload.hash.digest()) !== upload.sha256) throw new Refusal("payload-invalid");
  if (state.received.has(upload.from)) throw new Refusal("duplicate");
  addPacked(state.sum, upload.vector, upload.bits);
  state.received.add(upload.from);
}

/** Vectors that were added up elsewhere: who sent them, and their sum. */
export interface PartialSum {
  members: readonly number[];
  /** [dimension] residues, in their low bits */
  sum: Uint32Array;
}

/** Adds what was added up elsewhere. @throws Abort when a vector would count twice, or the sum is not of this round */
export function addPartialSum(state: Counting, { members, sum }: PartialSum): void {
  const isNew = (member: number) => state.partners.has(member) && !state.received.has(member);
  if (sum.length !== state.sum.length || new Set(members).size !== members.length || !members.every(isNew))
    throw new Abort("partial-sum-lost");
  for (let i = 0; i < sum.length; i++) state.sum[i]! += sum[i]!;
  for (const member of members) state.received.add(member);
}

/** Ends the uploads. @throws Abort when too few are left: then nothing is ever unmasked */
export function closeUploads(env: CoordinatorEnv, state: Adding): number[] {
  const survivors = [...state.received].sort((a, b) => a - b);
  // Of each member, survivor or dropout, enough neighbours must be left to open its secret.
  const canBeOpened = (member: number) =>
    state.graph.neighbours(member).filter((other) => state.received.has(other)).length >= state.cohort.graph.threshold;
  if (!enoughSurvivors(survivors.length, state.plan, env) || !state.senders.every(canBeOpened))
    throw new Abort("survivors-too-few");
  return survivors;
}

/** The rule of unmasking, the same on both sides: enough noise, enough company. */
export function enoughSurvivors(survivors: number, plan: RoundPlan, env: Pick<CoordinatorEnv, "task">): boolean {
  return survivors >= plan.survivors && survivors >= minimumCohort(env.task);
}
