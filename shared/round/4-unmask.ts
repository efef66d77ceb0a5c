/**
 * Phase 4: the survivors agree, by signature, on one set of survivors, and then reveal for each member of the cohort
 * either its seed share (it survived) or its key share (it dropped out), never both: both would unmask that member alone.
 */
import { fromBase64, fromHex, hashOf, toBase64, toHex } from "../canonical.ts";
import { invariant } from "../errors.ts";
import { keyAgreement } from "../secure-sum/keys.ts";
import { addMask, type MaskContext, pairKey, pairSign, selfKey } from "../secure-sum/masks.ts";
import { centred } from "../secure-sum/packing.ts";
import { recover, seedCommitment } from "../secure-sum/shares.ts";
import { type Adding, closeUploads, enoughSurvivors, type Uploaded } from "./3-masked.ts";
import { Abort, Decline, Refusal } from "./reasons.ts";
import type { CoordinatorEnv, ParticipantEnv } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** U3 of the paper: whose vectors are in the sum. */
export interface Survivors {
  rosterHash: string;
  /** Roster indices, ascending */
  survivors: number[];
}

/** A survivor's word that it saw this set and no other. */
export interface Agreement {
  survivorsHash: string;
  from: number;
}

export interface Unmask {
  survivorsHash: string;
  from: number;
  /** Shares of survivors' seeds by member index, base64 */
  seeds: Record<string, string>;
  /** Shares of dropouts' mask keys by member index, base64 */
  keys: Record<string, string>;
}

/** A participant that has bound itself to one set of survivors. */
export interface Agreed extends Uploaded {
  survivors: number[];
  survivorsHash: string;
}

/** @throws Decline */
export async function agreeToSurvivors(
  env: ParticipantEnv,
  state: Uploaded,
  message: Signed<Survivors>,
): Promise<{ state: Agreed; message: Signed<Agreement> }> {
  const { body } = message;
  if (!(await isSignedBy("survivors", message, env.coordinatorKey)))
    throw new Decline("signature-invalid", { of: "survivors" });
  if (body.rosterHash !== state.cohort.rosterHash) throw new Decline("roster-invalid", { what: "round" });
  const ascending = body.survivors.every((index, i) => i === 0 || body.survivors[i - 1]! < index);
  if (!ascending || !body.survivors.every((index) => state.senders.includes(index)))
    throw new Decline("roster-invalid", { what: "survivors" });
  if (!body.survivors.includes(state.me)) throw new Decline("survivors-split", { what: "not among them" });
  if (!enoughSurvivors(body.survivors.length, state, env)) {
    throw new Decline("survivors-too-few", { survivors: body.survivors.length, minimum: state.plan.survivors });
  }
  if (!(await env.claim("agreement", state.facts.announcementHash)))
    throw new Decline("already-answered", { step: "agreement" });
  const survivorsHash = await hashOf(body);
  return {
    state: { ...state, survivors: body.survivors, survivorsHash },
    message: await signBody("agreement", { survivorsHash, from: state.me }, env.identity),
  };
}

/** Reveals shares, once, after at least `threshold` members signed the very same set. @throws Decline */
export async function revealShares(
  env: ParticipantEnv,
  state: Agreed,
  agreements: Signed<Agreement>[],
): Promise<Signed<Unmask>> {
  const agreed = new Set<number>();
  for (const agreement of agreements) {
    const { from, survivorsHash } = agreement.body;
    if (survivorsHash !== state.survivorsHash) throw new Decline("survivors-split", { what: "another set" });
    const identity = state.cohort.identities[from];
    if (identity === undefined || !state.survivors.includes(from)) continue;
    if (await isSignedBy("agreement", agreement, identity)) agreed.add(from);
  }
  if (agreed.size < state.cohort.plan.threshold) throw new Decline("survivors-split", { what: "too few signatures" });
  if (!(await env.claim("unmask", state.facts.announcementHash)))
    throw new Decline("already-answered", { step: "unmask" });
  const survived = new Set(state.survivors);
  const seeds: Record<string, string> = {};
  const keys: Record<string, string> = {};
  for (const [member, shares] of state.held) {
    if (survived.has(member)) seeds[member] = toBase64(shares.seed);
    else keys[member] = toBase64(shares.key);
  }
  return signBody("unmask", { survivorsHash: state.survivorsHash, from: state.me, seeds, keys }, env.identity);
}

/** The coordinator's side once uploads are closed. */
export interface Agreeing extends Adding {
  survivors: number[];
  survivorsHash: string;
  message: Signed<Survivors>;
  agreements: Map<number, Signed<Agreement>>;
  reveals: Map<number, Unmask>;
}

/** @throws Abort */
export async function announceSurvivors(env: CoordinatorEnv, state: Adding): Promise<Agreeing> {
  const survivors = closeUploads(env, state);
  const body = { rosterHash: state.cohort.rosterHash, survivors };
  return {
    ...state,
    // A copy of what was counted: whatever came in after the uploads closed is in neither.
    sum: state.sum.slice(),
    received: new Set(survivors),
    survivors,
    survivorsHash: await hashOf(body),
    message: await signBody("survivors", body, env.signer),
    agreements: new Map(),
    reveals: new Map(),
  };
}

/** @throws Refusal */
export async function admitAgreement(state: Agreeing, identity: string, message: Signed<Agreement>): Promise<void> {
  await checkFromSurvivor(state, identity, "agreement", message);
  if (state.agreements.has(message.body.from)) throw new Refusal("duplicate");
  state.agreements.set(message.body.from, message);
}

/** All agreements, to be shown to every survivor. @throws Abort */
export function closeAgreements(state: Agreeing): Signed<Agreement>[] {
  if (state.agreements.size < state.cohort.plan.threshold) throw new Abort("consistency-too-few");
  return [...state.agreements.values()];
}

/** @throws Refusal */
export async function admitUnmask(state: Agreeing, identity: string, message: Signed<Unmask>): Promise<void> {
  await checkFromSurvivor(state, identity, "unmask", message);
  if (state.reveals.has(message.body.from)) throw new Refusal("duplicate");
  state.reveals.set(message.body.from, message.body);
}

async function checkFromSurvivor(
  state: Agreeing,
  identity: string,
  kind: "agreement" | "unmask",
  message: Signed<Agreement | Unmask>,
): Promise<void> {
  const { from, survivorsHash } = message.body;
  if (survivorsHash !== state.survivorsHash || state.cohort.identities[from] !== identity)
    throw new Refusal("message-invalid");
  if (!state.survivors.includes(from)) throw new Refusal("message-invalid");
  if (!(await isSignedBy(kind, message, identity))) throw new Refusal("signature-invalid");
}

/**
 * Removes every mask from the sum: survivors' self masks, and the pairwise masks that dropouts left behind.
 * @returns the noisy sum, [dimension] integers; the only thing the coordinator ever learns of the answers
 * @throws Abort when a secret cannot be put together: then the sum stays masked
 */
export async function unmaskSum(state: Agreeing): Promise<Float64Array> {
  const { cohort, facts, plan, roster } = state;
  const context: MaskContext = {
    announcementHash: fromHex(facts.announcementHash),
    rosterHash: fromHex(cohort.rosterHash),
  };
  const sum = state.sum.slice();
  const shares = (of: number, kind: "seeds" | "keys"): Bytes[] =>
    [...state.reveals.values()].flatMap((reveal) =>
      reveal[kind][of] === undefined ? [] : [fromBase64(reveal[kind][of])],
    );
  const offer = (index: number) => roster.body.members[index]!.body;

  for (const survivor of state.survivors) {
    const seed = await recover(
      shares(survivor, "seeds"),
      cohort.plan.threshold,
      async (seed) => (await seedCommitment(seed, survivor, context.rosterHash)) === state.commitments.get(survivor),
    );
    if (!seed) throw new Abort("shares-insufficient");
    await addMask(sum, await selfKey(context, seed, survivor), -1, plan.bits);
  }
  for (const dropout of state.senders.filter((member) => !state.received.has(member))) {
    const secret = await recover(
      shares(dropout, "keys"),
      cohort.plan.threshold,
      async (secret) =>
        secret.length === 32 && toHex((await keyAgreement(secret)).publicKey) === offer(dropout).maskKey,
    );
    if (!secret) throw new Abort("shares-insufficient");
    const keys = await keyAgreement(secret);
    for (const survivor of state.survivors) {
      const shared = await keys.agree(fromHex(offer(survivor).maskKey));
      const key = await pairKey(context, shared, survivor, dropout);
      // Takes away what the survivor added.
      await addMask(sum, key, pairSign(survivor, dropout) === 1 ? -1 : 1, plan.bits);
    }
  }
  invariant(sum.length === plan.layout.dimension, "the sum keeps its dimension");
  return centred(sum, plan.bits);
}
