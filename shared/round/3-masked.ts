/**
 * Phase 3: the only phase in which anything made from data leaves the tab, and it leaves as `Masked`.
 * The tab's own balance is charged first, and never refunded.
 */
import { sha256, toHex } from "../canonical.ts";
import { minimumCohort } from "../cohort.ts";
import type { Masked, Noised } from "../privacy/stages.ts";
import { portionOf } from "../questions/question.ts";
import { mask, pairKey, selfKey } from "../secure-sum/masks.ts";
import { addPacked, pack } from "../secure-sum/packing.ts";
import type { Delivered, Entrusted } from "./2-shares.ts";
import { Abort, Decline, Refusal } from "./reasons.ts";
import type { CoordinatorEnv, ParticipantEnv } from "./round.ts";
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
    round: facts.round,
    attempt: facts.attempt,
    question: facts.question,
    portion: portionOf(facts.question, env.task.privacy.unit),
    noiseMultiplier: plan.noiseMultiplier,
    sampleRate: plan.sampleRate,
    honest: plan.honest,
  });
  const pairKeys = new Map(
    await Promise.all(
      state.senders
        .filter((other) => other !== me)
        .map(async (other) => [other, await pairKey(context, state.maskSecrets.get(other)!, me, other)] as const),
    ),
  );
  const masked = await mask(noised, plan.bits, me, await selfKey(context, state.seed, me), pairKeys);
  const payload = pack(masked, plan.bits);
  const digest = toHex(await sha256(payload));
  const body = { rosterHash: state.cohort.rosterHash, from: me, deliveryHash: state.deliveryHash, sha256: digest };
  return {
    state: { ...state, masked, sha256: digest },
    message: { header: await signBody("masked", body, env.identity), payload },
  };
}

/** The coordinator's side while vectors come in: one running sum and who is in it, nothing else. */
export interface Adding extends Delivered {
  sum: Uint32Array;
  received: Set<number>;
}

export const addUp = (state: Delivered): Adding => ({
  ...state,
  sum: new Uint32Array(state.plan.layout.dimension),
  received: new Set(),
});

/** Adds a vector on arrival; a refused one leaves the sum untouched. @throws Refusal */
export async function admitMasked(state: Adding, identity: string, message: MaskedMessage): Promise<void> {
  const { body } = message.header;
  if (body.rosterHash !== state.cohort.rosterHash || state.cohort.identities[body.from] !== identity)
    throw new Refusal("message-invalid");
  if (!state.senders.includes(body.from)) throw new Refusal("message-invalid");
  if (!(await isSignedBy("masked", message.header, identity))) throw new Refusal("signature-invalid");
  if (toHex(await sha256(message.payload)) !== body.sha256) throw new Refusal("payload-invalid");
  // After the last wait: two copies of one upload must not both pass.
  if (state.received.has(body.from)) throw new Refusal("duplicate");
  try {
    addPacked(state.sum, message.payload, state.plan.bits);
  } catch {
    throw new Refusal("payload-invalid");
  }
  state.received.add(body.from);
}

/** Ends the uploads. @throws Abort when too few are left: then nothing is ever unmasked */
export function closeUploads(env: CoordinatorEnv, state: Adding): number[] {
  const survivors = [...state.received].sort((a, b) => a - b);
  if (!enoughSurvivors(survivors.length, state, env)) throw new Abort("survivors-too-few");
  return survivors;
}

/** The rule of unmasking, the same on both sides: enough noise, enough company, enough shares. */
export function enoughSurvivors(
  survivors: number,
  state: Pick<Delivered, "plan" | "cohort">,
  env: Pick<CoordinatorEnv, "task">,
): boolean {
  return (
    survivors >= state.plan.survivors &&
    survivors >= state.cohort.plan.threshold &&
    survivors >= minimumCohort(env.task)
  );
}
