/** Phase 1, first half: a tab that holds a finished answer offers keys for this round, and commits to a nonce. */
import { fromHex, type Sha256, sha256, toHex } from "../canonical.ts";
import { nonceCommitment, nonceLength } from "../secure-sum/graph.ts";
import { agreementSecret, isKemKey, type Kem, kemOf } from "../secure-sum/hybrid.ts";
import { isWeakAgreementKey, type KeyAgreement, keyAgreement } from "../secure-sum/keys.ts";
import { Refusal } from "./reasons.ts";
import type { CoordinatorEnv, ParticipantEnv, RoundFacts } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";

export interface Ready {
  announcementHash: string;
  /** Ed25519, hex */
  identity: string;
  /** X25519 key of this round's pairwise masks, hex */
  maskKey: string;
  /** X25519 key of this round's sealed packets, hex */
  boxKey: string;
  /** To this member's part in the graph's seed, and to the keys above, hex: what the roster has of it */
  commitment: string;
  /** Of a task with `postQuantum`: ML-KEM-768 key of this round, hex */
  kemKey?: string;
}

/** What a member is known by in a round. */
export type MemberKeys = Pick<Ready, "identity" | "maskKey" | "boxKey" | "kemKey">;

/** End to end: identity, mask key, box key, and with `postQuantum` the KEM's key. */
export const keyBytes = ({ identity, maskKey, boxKey, kemKey = "" }: MemberKeys): Uint8Array<ArrayBuffer> =>
  fromHex(identity + maskKey + boxKey + kemKey);

export const keysHashOf = async (keys: MemberKeys, digest: Sha256 = sha256): Promise<Uint8Array<ArrayBuffer>> =>
  digest(keyBytes(keys));

/** A participant that has offered its keys. */
export interface Joined {
  facts: RoundFacts;
  offer: Signed<Ready>;
  nonce: Uint8Array<ArrayBuffer>;
  maskKeys: KeyAgreement;
  boxKeys: KeyAgreement;
  /** Shared out among the neighbours: gives the mask keys, and the KEM's where there is one */
  maskSecret: Uint8Array<ArrayBuffer>;
  kem: Kem | undefined;
}

export async function offerKeys(env: ParticipantEnv, facts: RoundFacts): Promise<Joined> {
  const maskSecret = crypto.getRandomValues(new Uint8Array(32));
  const round = fromHex(facts.announcementHash);
  const { postQuantum } = env.task;
  const { agreement = keyAgreement, sha256 } = env.crypto ?? {};
  const [maskKeys, boxKeys, kem] = await Promise.all([
    agreement(postQuantum ? await agreementSecret(maskSecret, round) : maskSecret),
    agreement(crypto.getRandomValues(new Uint8Array(32))),
    postQuantum && kemOf(maskSecret, round),
  ]);
  const nonce = crypto.getRandomValues(new Uint8Array(nonceLength));
  const { announcementHash } = facts;
  const keys = {
    identity: toHex(env.identity.publicKey),
    maskKey: toHex(maskKeys.publicKey),
    boxKey: toHex(boxKeys.publicKey),
    ...(kem && { kemKey: toHex(kem.publicKey) }),
  };
  const commitment = toHex(await nonceCommitment(nonce, await keysHashOf(keys, sha256), announcementHash, sha256));
  const offer = await signBody("ready", { announcementHash, ...keys, commitment }, env.identity);
  return { facts, offer, nonce, maskKeys, boxKeys, maskSecret, kem };
}

/** The coordinator's side while the cohort is open. */
export interface Gathering {
  facts: RoundFacts;
  verify: CoordinatorEnv["verify"];
  sha256: Sha256;
  /** Whether an offer has to have a KEM's key */
  postQuantum: boolean;
  offers: Map<string, Signed<Ready>>;
  /** Every key offered so far, hex: a roster in which one stands twice would be declined by everybody */
  keys: Set<string>;
}

export const gather = (
  { verify, sha256, task }: Pick<CoordinatorEnv, "verify" | "sha256" | "task">,
  facts: RoundFacts,
): Gathering => ({
  facts,
  verify,
  sha256,
  postQuantum: task.postQuantum ?? false,
  offers: new Map(),
  keys: new Set(),
});

/** @param identity whom the connection belongs to, hex @throws Refusal */
export async function admitOffer(state: Gathering, identity: string, offer: Signed<Ready>): Promise<void> {
  if (offer.body.announcementHash !== state.facts.announcementHash) throw new Refusal("message-invalid");
  if (offer.body.identity !== identity) throw new Refusal("message-invalid");
  if ((offer.body.kemKey !== undefined) !== state.postQuantum) throw new Refusal("message-invalid");
  const keys = [offer.body.maskKey, offer.body.boxKey];
  if (new Set(keys).size !== 2 || keys.some((key) => isWeakAgreementKey(fromHex(key))))
    throw new Refusal("message-invalid");
  if (!(await isSignedBy("ready", offer, identity, state.verify))) throw new Refusal("signature-invalid");
  if (offer.body.kemKey !== undefined && !(await isKemKey(fromHex(offer.body.kemKey))))
    throw new Refusal("message-invalid");
  // After the last wait: of two offers at once, one passes.
  if (state.offers.has(identity) || keys.some((key) => state.keys.has(key))) throw new Refusal("duplicate");
  for (const key of keys) state.keys.add(key);
  state.offers.set(identity, offer);
}
