/**
 * One round: a question asked of a cohort, answered by one noisy secure sum. Read this first, then the phases in order.
 *
 *   coordinator                               participant (the worker in a tab)
 *   0-announce   task, model, question  ──▶   check them, and the ledger; the kernels compute the answer
 *   1-ready      ◀──  signed round keys       (only a finished answer joins a cohort)
 *   1-roster     hash of commitments    ──▶   check its size
 *                ◀──  the nonce committed to in the offer
 *                all nonces, neighbours ──▶   check every commitment, and itself; draw the graph; check the neighbours' keys
 *   2-shares     ◀──  Shamir shares, sealed for each neighbour
 *                shares routed, senders ──▶   open them: the cohort, and so each tab's share of noise, is now fixed
 *   3-masked     ◀──  noised, masked integers (the tab's balance is charged first)
 *                added on arrival, never stored
 *   4-unmask     survivors, signed      ──▶   enough? and I among them?
 *                ◀──  signature on the very same set
 *                neighbours' signatures ──▶   enough for one set: it is the same for everybody
 *                ◀──  seed shares of survivors, key shares of dropouts, never both of one member
 *                masks removed: the sum
 *   5-result     new model, ledger      ──▶   check, show
 *
 * Each file holds one phase: its messages, what the participant does, what the coordinator checks. A state is what is
 * known after a phase; a function takes a state and a message and gives the next state and message. No clock, no
 * socket, no storage is in here: they come in through `ParticipantEnv`, so that every dropout and every attack runs in
 * memory in milliseconds. The protocol is SecAgg+ (Bell et al. 2020: SecAgg of Bonawitz et al. 2017, Figure 4, on a
 * random sparse graph, which for small cohorts is the complete one), with the late cohort, roster binding and consistency
 * round of ARCHITECTURE.md.
 */
import type { Sha256 } from "../canonical.ts";
import type { Plan } from "../plan.ts";
import type { Portion, Question } from "../questions/question.ts";
import type { GraphParameters } from "../secure-sum/graph-parameters.ts";
import type { Ed25519Verify, Identity, KeyAgreement } from "../secure-sum/keys.ts";
import type { Hkdf, StreamCipher } from "../secure-sum/masks.ts";
import type { Task } from "../task.ts";

export const protocolVersion = 8;

/** What one upload costs its sender: see privacy/balance.ts. */
export interface UploadCost {
  announcementHash: string;
  run: string;
  round: number;
  attempt: number;
  question: Question["kind"];
  portion: Portion;
  noiseMultiplier: number;
  sampleRate: number;
  /** Shares of noise that make up the promise */
  honest: number;
}

/** What a participant's side of a round needs of the world. */
export interface ParticipantEnv {
  readonly identity: Identity;
  /** Ed25519 public key of the coordinator, hex; pinned when the tab joined the run */
  readonly coordinatorKey: string;
  /** The task the person consented to */
  readonly task: Task;
  readonly taskHash: string;
  /** The run that the tab joined */
  readonly run: string;
  readonly plan: Plan;
  /** Notes durably that this step of this round was answered; false if it was before, in any tab of this identity */
  claim(step: "nonce" | "shares" | "masked" | "agreement" | "unmask", announcementHash: string): Promise<boolean>;
  /** Charges the personal balance durably; throws Decline("budget-spent") when it does not fit */
  charge(cost: UploadCost): Promise<void>;
  /** A tab's is WebCrypto; a process of many members has the same to do for several of them */
  readonly crypto?: Cryptography;
}

/** Who does what a round computes by the thousand. */
export interface Cryptography {
  readonly verify: Ed25519Verify;
  /** Expands masks */
  readonly cipher: StreamCipher;
  /** Derives masks' keys */
  readonly hkdf: Hkdf;
  /** A member's keys; to the coordinator a dropout's, once its secret is put together */
  readonly agreement: (secret: Uint8Array<ArrayBuffer>) => KeyAgreement | Promise<KeyAgreement>;
  /** Of a member's shares, nonce and seed */
  readonly sha256: Sha256;
}

/** What the coordinator's side of a round needs. */
export interface CoordinatorEnv extends Cryptography {
  readonly task: Task;
  readonly plan: Plan;
  readonly signer: Pick<Identity, "sign">;
  /** Begins a SHA-256 of a vector that comes in pieces, which WebCrypto would want as a whole */
  readonly startHash: () => RunningHash;
}

/** Of bytes that come in pieces. */
export interface RunningHash {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
}

/** A round's fixed facts, on both sides. */
export interface RoundFacts {
  readonly round: number;
  readonly attempt: number;
  readonly question: Question["kind"];
  /** SHA-256 of the announcement's canonical bytes, hex */
  readonly announcementHash: string;
}

/** A cohort once it is closed. */
export interface Cohort {
  readonly rosterHash: string;
  /** Members of the roster */
  readonly size: number;
  /** Neighbours a member has, and how many of them open its secrets */
  readonly graph: GraphParameters;
}
