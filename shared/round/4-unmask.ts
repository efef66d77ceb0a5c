/**
 * Phase 4: the survivors agree, by signature, on one set of survivors, and then reveal for each member of the cohort
 * either its seed share (it survived) or its key share (it dropped out), never both: both would unmask that member alone.
 */
import { fromBase64, fromHex, hashOf, toBase64, toHex } from "../canonical.ts";
import { addMask, type MaskContext, pairKey, pairSign, selfKey } from "../secure-sum/masks.ts";
import { centred } from "../secure-sum/packing.ts";
import { recover, seedCommitment } from "../secure-sum/shares.ts";
import { isAscending } from "./1-roster.ts";
import { type Adding, closeUploads, enoughSurvivors, type Uploaded } from "./3-masked.ts";
import { Abort, Decline, Refusal } from "./reasons.ts";
import type { CoordinatorEnv, ParticipantEnv } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** U3 of the paper: whose vectors are in the sum. */
export interface Survivors {
  /** Of the delivery, which holds the roster and the graph: one signature agrees to all of them */
  deliveryHash: string;
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
  survivors: ReadonlySet<number>;
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
  if (body.deliveryHash !== state.deliveryHash) throw new Decline("roster-invalid", { what: "round" });
  const survivors = new Set(body.survivors);
  if (
    !isAscending(body.survivors, state.cohort.identities.length) ||
    ![...survivors].every((i) => state.senders.has(i))
  )
    throw new Decline("roster-invalid", { what: "survivors" });
  if (!survivors.has(state.me)) throw new Decline("survivors-split", { what: "not among them" });
  const neighbours = [...state.held.keys()].filter((other) => survivors.has(other));
  if (!enoughSurvivors(survivors.size, state.plan, env) || neighbours.length < state.cohort.graph.threshold) {
    throw new Decline("survivors-too-few", { survivors: body.survivors.length, minimum: state.plan.survivors });
  }
  if (!(await env.claim("agreement", state.facts.announcementHash)))
    throw new Decline("already-answered", { step: "agreement" });
  const survivorsHash = await hashOf(body);
  return {
    state: { ...state, survivors, survivorsHash },
    message: await signBody("agreement", { survivorsHash, from: state.me }, env.identity),
  };
}

/** Reveals shares, once, after at least `threshold` neighbours signed the very same set. @throws Decline */
export async function revealShares(
  env: ParticipantEnv,
  state: Agreed,
  agreements: Signed<Agreement>[],
): Promise<Signed<Unmask>> {
  const agreed = new Set<number>();
  for (const agreement of agreements) {
    const { from, survivorsHash } = agreement.body;
    if (survivorsHash !== state.survivorsHash) throw new Decline("survivors-split", { what: "another set" });
    if (!state.held.has(from) || !state.survivors.has(from)) continue;
    if (await isSignedBy("agreement", agreement, state.cohort.identities[from]!)) agreed.add(from);
  }
  if (agreed.size < state.cohort.graph.threshold) throw new Decline("survivors-split", { what: "too few signatures" });
  if (!(await env.claim("unmask", state.facts.announcementHash)))
    throw new Decline("already-answered", { step: "unmask" });
  const seeds: Record<string, string> = {};
  const keys: Record<string, string> = {};
  for (const [member, shares] of state.held) {
    if (state.survivors.has(member)) seeds[member] = toBase64(shares.seed);
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
  const body = { deliveryHash: state.deliveryHash, survivors };
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

/**
 * Each survivor's neighbours' agreements, to be shown to it.
 * @throws Abort when the members that will see enough of them cannot open everybody's secret
 */
export function closeAgreements(state: Agreeing): Map<number, Signed<Agreement>[]> {
  const { threshold } = state.cohort.graph;
  const shown = new Map(
    state.survivors.map((member) => {
      const neighbours = state.graph.neighbours(member);
      return [member, neighbours.flatMap((other) => state.agreements.get(other) ?? [])];
    }),
  );
  const willReveal = (member: number) => state.agreements.has(member) && shown.get(member)!.length >= threshold;
  if (!state.senders.every((member) => state.graph.neighbours(member).filter(willReveal).length >= threshold))
    throw new Abort("consistency-too-few");
  return shown;
}

/** @throws Refusal */
export async function admitUnmask(state: Agreeing, identity: string, message: Signed<Unmask>): Promise<void> {
  await checkFromSurvivor(state, identity, "unmask", message);
  const neighbours = new Set(state.graph.neighbours(message.body.from).map(String));
  const { seeds, keys } = message.body;
  if (![...Object.keys(seeds), ...Object.keys(keys)].every((of) => neighbours.has(of)))
    throw new Refusal("message-invalid");
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
  if (!state.received.has(from)) throw new Refusal("message-invalid");
  if (!(await isSignedBy(kind, message, identity))) throw new Refusal("signature-invalid");
}

/** What the coordinator has at the end. */
export interface Unmasked {
  /** The noisy sum, [dimension] integers; the only thing the coordinator ever learns of the answers */
  sum: Float64Array<ArrayBuffer>;
  /** Identities of members whose shares were false, hex; enough others made up for them */
  blamed: string[];
}

/**
 * Removes every mask from the sum: survivors' self masks, and the pairwise masks that dropouts left behind.
 * @throws Abort when a secret cannot be put together: then the sum stays masked
 */
export async function unmaskSum(
  env: Pick<CoordinatorEnv, "cipher" | "hkdf" | "agreement">,
  state: Agreeing,
): Promise<Unmasked> {
  const { cohort, facts, graph, offers, plan } = state;
  const context: MaskContext = {
    announcementHash: fromHex(facts.announcementHash),
    rosterHash: fromHex(cohort.rosterHash),
  };
  const sum = state.sum.slice();
  const misfits: Misfit[] = [];
  const secretOf = async (
    dealer: number,
    kind: "seeds" | "keys",
    isRight: (secret: Bytes) => Promise<boolean>,
  ): Promise<Bytes> => {
    const shares = new Map<number, Bytes>();
    for (const holder of graph.neighbours(dealer)) {
      const share = state.reveals.get(holder)?.[kind][dealer];
      if (share !== undefined) shares.set(holder, fromBase64(share));
    }
    const found = await recover(shares, cohort.graph.threshold, isRight);
    if (!found) {
      // Shares enough, and yet no secret that fits: its owner dealt what fits nothing.
      const dealt = shares.size >= cohort.graph.threshold ? [dealer] : [];
      throw new Abort("shares-insufficient", namesOf([...new Set([...culprits(misfits), ...dealt])]));
    }
    for (const holder of found.misfits) misfits.push({ dealer, holder });
    return found.secret;
  };
  const namesOf = (members: number[]) => members.map((member) => cohort.identities[member]!);
  const remove = (key: Bytes, sign: 1 | -1) => addMask(sum, key, sign === 1 ? -1 : 1, plan.bits, env.cipher);

  for (const survivor of state.survivors) {
    const seed = await secretOf(
      survivor,
      "seeds",
      async (seed) => (await seedCommitment(seed, survivor, context.rosterHash)) === state.commitments.get(survivor),
    );
    await remove(await selfKey(context, seed, survivor, env.hkdf), 1);
  }
  for (const dropout of state.senders.filter((member) => !state.received.has(member))) {
    const secret = await secretOf(
      dropout,
      "keys",
      async (secret) => toHex((await env.agreement(secret)).publicKey) === offers[dropout]!.maskKey,
    );
    const keys = await env.agreement(secret);
    for (const survivor of graph.neighbours(dropout).filter((member) => state.received.has(member))) {
      const shared = await keys.agree(fromHex(offers[survivor]!.maskKey));
      await remove(await pairKey(context, shared, survivor, dropout, env.hkdf), pairSign(survivor, dropout));
    }
  }
  return { sum: centred(sum, plan.bits), blamed: namesOf(culprits(misfits)) };
}

/** A share that did not fit: its holder altered it, or its dealer dealt it so. */
interface Misfit {
  dealer: number;
  holder: number;
}

/** The fewest members that explain all misfits, or nearly: whoever is in most of them, again and again. */
function culprits(misfits: readonly Misfit[]): number[] {
  const names: number[] = [];
  for (let left = misfits; left.length > 0; ) {
    const counts = new Map<number, number>();
    for (const { dealer, holder } of left)
      for (const member of [dealer, holder]) counts.set(member, (counts.get(member) ?? 0) + 1);
    const [worst] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
    names.push(worst);
    left = left.filter(({ dealer, holder }) => dealer !== worst && holder !== worst);
  }
  return names;
}
