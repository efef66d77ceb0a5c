/** Phase 1, first half: a tab that holds a finished answer offers keys for this round, and commits to a nonce. */
import { fromHex, toHex } from "../canonical.ts";
import { nonceCommitment, nonceLength } from "../secure-sum/graph.ts";
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
  /** Commitment to this member's part in the graph's seed, hex */
  nonceHash: string;
}

/** A participant that has offered its keys. */
export interface Joined {
  facts: RoundFacts;
  offer: Signed<Ready>;
  nonce: Uint8Array<ArrayBuffer>;
  maskKeys: KeyAgreement;
  boxKeys: KeyAgreement;
}

export async function offerKeys(env: ParticipantEnv, facts: RoundFacts): Promise<Joined> {
  const [maskKeys, boxKeys] = await Promise.all([keyAgreement(), keyAgreement()]);
  const nonce = crypto.getRandomValues(new Uint8Array(nonceLength));
  const offer = await signBody(
    "ready",
    {
      announcementHash: facts.announcementHash,
      identity: toHex(env.identity.publicKey),
      maskKey: toHex(maskKeys.publicKey),
      boxKey: toHex(boxKeys.publicKey),
      nonceHash: await nonceCommitment(nonce, env.identity.publicKey, facts.announcementHash),
    },
    env.identity,
  );
  return { facts, offer, nonce, maskKeys, boxKeys };
}

/** The coordinator's side while the cohort is open. */
export interface Gathering {
  facts: RoundFacts;
  verify: CoordinatorEnv["verify"];
  offers: Map<string, Signed<Ready>>;
  /** Every key offered so far, hex: a roster in which one stands twice would be declined by everybody */
  keys: Set<string>;
}

export const gather = ({ verify }: Pick<CoordinatorEnv, "verify">, facts: RoundFacts): Gathering => ({
  facts,
  verify,
  offers: new Map(),
  keys: new Set(),
});

/** @param identity whom the connection belongs to, hex @throws Refusal */
export async function admitOffer(state: Gathering, identity: string, offer: Signed<Ready>): Promise<void> {
  if (offer.body.announcementHash !== state.facts.announcementHash) throw new Refusal("message-invalid");
  if (offer.body.identity !== identity) throw new Refusal("message-invalid");
  const keys = [offer.body.maskKey, offer.body.boxKey];
  if (new Set(keys).size !== 2 || keys.some((key) => isWeakAgreementKey(fromHex(key))))
    throw new Refusal("message-invalid");
  if (!(await isSignedBy("ready", offer, identity, state.verify))) throw new Refusal("signature-invalid");
  // After the last wait: of two offers at once, one passes.
  if (state.offers.has(identity) || keys.some((key) => state.keys.has(key))) throw new Refusal("duplicate");
  for (const key of keys) state.keys.add(key);
  state.offers.set(identity, offer);
}
