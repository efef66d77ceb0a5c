/**
 * Phase 4: the survivors agree, by signature, on one set of survivors, and then reveal for each member of the cohort
 * either its seed share (it survived) or its key share (it dropped out), never both: both would unmask that member alone.
 */
import { fromHex, hashOf, sha256, toHex } from "../canonical.ts";
import { agreementSecret, bothSecrets, kemOf, kemTextLength } from "../secure-sum/hybrid.ts";
import { addMasks, type MaskContext, pairKey, pairSign, selfKey } from "../secure-sum/masks.ts";
import { centred } from "../secure-sum/packing.ts";
import { recover, seedCommitment, shareLength } from "../secure-sum/shares.ts";
import { parcelOf } from "./2-shares.ts";
import { type Adding, closeUploads, enoughSurvivors, type Uploaded } from "./3-masked.ts";
import { MemberSet, membersOfText, setText } from "./member-set.ts";
import { joinPackets, packetAt } from "./packets.ts";
import { Abort, Decline, Refusal } from "./reasons.ts";
import type { CoordinatorEnv, ParticipantEnv } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** U3 of the paper: whose vectors are in the sum. */
export interface Survivors {
  /** Of the delivery, which holds the roster and the graph: one signature agrees to all of them */
  deliveryHash: string;
  /** A set of members, hex */
  survivors: string;
}

/** A survivor's word that it saw this set and no other. */
export interface Agreement {
  survivorsHash: string;
  from: number;
}

/** What a survivor is shown of its neighbours' agreements to the set that it agreed to itself. */
export interface AgreementsMessage {
  /** Roster indices of those who signed it, ascending */
  from: number[];
  /** Ed25519, 64 bytes each */
  signatures: Bytes;
}

const signatureLength = 64;

export interface Unmask {
  survivorsHash: string;
  from: number;
  /** SHA-256 of the shares, hex */
  sharesHash: string;
}

export interface UnmaskMessage {
  unmask: Signed<Unmask>;
  /**
   * One share for each neighbour that is in the cohort: of its seed if it survived, of its mask key if it dropped out.
   * Which it is follows from the set that was agreed to: there is no room for both.
   */
  shares: Bytes;
}

/** A participant that has bound itself to one set of survivors. */
export interface Agreed extends Uploaded {
  survivors: MemberSet;
  survivorsHash: string;
}

/** @throws Decline */
export async function agreeToSurvivors(
  env: ParticipantEnv,
  state: Uploaded,
  message: Signed<Survivors>,
): Promise<{ state: Agreed; message: Signed<Agreement> }> {
  const { body } = message;
  if (!(await isSignedBy("survivors", message, env.coordinatorKey, env.crypto?.verify)))
    throw new Decline("signature-invalid", { of: "survivors" });
  if (body.deliveryHash !== state.deliveryHash) throw new Decline("roster-invalid", { what: "round" });
  const members = membersOfText(body.survivors, state.cohort.size);
  if (!members?.every((i) => state.senders.has(i))) throw new Decline("roster-invalid", { what: "survivors" });
  const survivors = new MemberSet(members, state.cohort.size);
  if (!survivors.has(state.me)) throw new Decline("survivors-split", { what: "not among them" });
  const neighbours = [...state.held.keys()].filter((other) => survivors.has(other));
  if (!enoughSurvivors(survivors.size, state.plan, env) || neighbours.length < state.cohort.graph.threshold) {
    throw new Decline("survivors-too-few", { survivors: survivors.size, minimum: state.plan.survivors });
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
  { from: members, signatures }: AgreementsMessage,
): Promise<UnmaskMessage> {
  const { survivorsHash, survivors, held } = state;
  const agreed = new Set<number>();
  for (const [i, from] of members.entries()) {
    if (!held.has(from) || !survivors.has(from)) continue;
    const agreement = { body: { survivorsHash, from }, signature: toHex(packetAt(signatures, i, signatureLength)) };
    if (await isSignedBy("agreement", agreement, state.identities.get(from)!, env.crypto?.verify)) agreed.add(from);
  }
  if (agreed.size < state.cohort.graph.threshold) throw new Decline("survivors-split", { what: "too few signatures" });
  if (!(await env.claim("unmask", state.facts.announcementHash)))
    throw new Decline("already-answered", { step: "unmask" });
  const revealed = [...held].map(([member, { seed, key }]) => (survivors.has(member) ? seed : key));
  const shares = joinPackets(revealed, shareLength);
  const body = { survivorsHash, from: state.me, sharesHash: toHex(await sha256(shares)) };
  return { unmask: await signBody("unmask", body, env.identity), shares };
}

/** The coordinator's side once uploads are closed. */
export interface Agreeing extends Adding {
  survivors: number[];
  survivorsHash: string;
  message: Signed<Survivors>;
  /** Signatures by member */
  agreements: Map<number, Bytes>;
  /** Shares by holder: one of each of its partners' secrets */
  reveals: Map<number, Bytes>;
}

/** @throws Abort */
export async function announceSurvivors(env: CoordinatorEnv, state: Adding): Promise<Agreeing> {
  const survivors = closeUploads(env, state);
  const body = { deliveryHash: state.deliveryHash, survivors: setText(survivors, state.cohort.size) };
  const { sum } = state;
  // Handed over: whatever would come in after the uploads closed is added to nothing.
  state.sum = new Uint32Array(0);
  return {
    ...state,
    sum,
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
  state.agreements.set(message.body.from, fromHex(message.signature));
}

/**
 * Each survivor's neighbours' agreements, to be shown to it.
 * @throws Abort when the members that will see enough of them cannot open everybody's secret
 */
export function closeAgreements(state: Agreeing): Map<number, AgreementsMessage> {
  const { threshold } = state.cohort.graph;
  const { agreements, partners } = state;
  const shown = new Map(
    state.survivors.map((member) => {
      const from = partners.get(member)!.filter((other) => agreements.has(other));
      const signatures = from.map((other) => agreements.get(other)!);
      return [member, { from, signatures: joinPackets(signatures, signatureLength) }];
    }),
  );
  const willReveal = (member: number) => agreements.has(member) && shown.get(member)!.from.length >= threshold;
  if (!state.senders.every((member) => partners.get(member)!.filter(willReveal).length >= threshold))
    throw new Abort("consistency-too-few");
  return shown;
}

/** @throws Refusal */
export async function admitUnmask(state: Agreeing, identity: string, message: UnmaskMessage): Promise<void> {
  const { from, sharesHash } = message.unmask.body;
  await checkFromSurvivor(state, identity, "unmask", message.unmask);
  // A copy: what came off a socket keeps alive whatever came with it.
  const shares = message.shares.slice();
  if (shares.length !== state.partners.get(from)!.length * shareLength) throw new Refusal("message-invalid");
  if (toHex(await state.sha256(shares)) !== sharesHash) throw new Refusal("message-invalid");
  if (state.reveals.has(from)) throw new Refusal("duplicate");
  state.reveals.set(from, shares);
}

async function checkFromSurvivor(
  state: Agreeing,
  identity: string,
  kind: "agreement" | "unmask",
  message: Signed<Agreement | Unmask>,
): Promise<void> {
  const { from, survivorsHash } = message.body;
  if (survivorsHash !== state.survivorsHash || state.identities[from] !== identity)
    throw new Refusal("message-invalid");
  if (!state.received.has(from)) throw new Refusal("message-invalid");
  if (!(await isSignedBy(kind, message, identity, state.verify))) throw new Refusal("signature-invalid");
}

/** What the coordinator has at the end. */
export interface Unmasked {
  /** The noisy sum, [dimension] integers; the only thing the coordinator ever learns of the answers */
  sum: Float64Array<ArrayBuffer>;
  /** Identities of members whose shares were false, hex; enough others made up for them */
  blamed: string[];
}

/**
 * Removes every mask from the sum, where it stands: survivors' self masks, and the pairwise masks that dropouts left behind.
 * @throws Abort when a secret cannot be put together: then the sum stays masked
 */
export async function unmaskSum(
  env: Pick<CoordinatorEnv, "task" | "cipher" | "hkdf" | "agreement" | "sha256">,
  state: Agreeing,
): Promise<Unmasked> {
  const { cohort, dealt, facts, offers, partners, plan } = state;
  const context: MaskContext = {
    announcementHash: fromHex(facts.announcementHash),
    rosterHash: fromHex(cohort.rosterHash),
  };
  const { sum } = state;
  const misfits: Misfit[] = [];
  /** Of a survivor its seed, of a dropout its mask key: other shares are not revealed. */
  const secretOf = async (dealer: number, isRight: (secret: Bytes) => Promise<boolean>): Promise<Bytes> => {
    const shares = new Map<number, Bytes>();
    for (const holder of partners.get(dealer)!) {
      const revealed = state.reveals.get(holder);
      if (revealed) shares.set(holder, packetAt(revealed, partners.get(holder)!.indexOf(dealer), shareLength));
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
  const namesOf = (members: number[]) => members.map((member) => state.identities[member]!);
  /** By the sign with which they stand in the sum; nothing is removed before every secret is there. */
  const masks = { 1: [] as Bytes[], [-1]: [] as Bytes[] };

  for (const survivor of state.survivors) {
    const { commitment } = dealt.get(survivor)!;
    const seed = await secretOf(
      survivor,
      async (seed) => (await seedCommitment(seed, survivor, context.rosterHash, env.sha256)) === commitment,
    );
    masks[1].push(await selfKey(context, seed, survivor, env.hkdf));
  }
  for (const dropout of state.senders.filter((member) => !state.received.has(member))) {
    const { postQuantum } = env.task;
    const round = context.announcementHash;
    const keysOf = async (secret: Bytes) => ({
      agreement: await env.agreement(postQuantum ? await agreementSecret(secret, round, env.hkdf) : secret),
      kem: postQuantum && (await kemOf(secret, round, env.hkdf)),
    });
    const secret = await secretOf(dropout, async (secret) => {
      const { agreement, kem } = await keysOf(secret);
      const { maskKey, kemKey = "" } = offers[dropout]!.body;
      return toHex(agreement.publicKey) === maskKey && (!kem || toHex(kem.publicKey) === kemKey);
    });
    const { agreement, kem } = await keysOf(secret);
    for (const survivor of partners.get(dropout)!.filter((member) => state.received.has(member))) {
      const agreed = await agreement.agree(fromHex(offers[survivor]!.body.maskKey));
      const sent =
        kem &&
        (dropout < survivor
          ? await kem.send(fromHex(offers[survivor]!.body.kemKey!), survivor)
          : await kem.receive(parcelOf(state, survivor, dropout).slice(0, kemTextLength)));
      // What does not follow from its secret nobody but the survivor can know.
      if (sent && dropout < survivor && !isSent(sent.text, parcelOf(state, dropout, survivor)))
        throw new Abort("shares-insufficient", namesOf([dropout]));
      const shared = sent ? await bothSecrets(agreed, sent) : agreed;
      masks[pairSign(survivor, dropout)].push(await pairKey(context, shared, survivor, dropout, env.hkdf));
    }
  }
  await addMasks(sum, masks[1], -1, plan.bits, env.cipher);
  await addMasks(sum, masks[-1], 1, plan.bits, env.cipher);
  return { sum: centred(sum, plan.bits), blamed: namesOf(culprits(misfits)) };
}

const isSent = (text: Bytes, parcel: Bytes): boolean => text.every((byte, i) => byte === parcel[i]);

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
