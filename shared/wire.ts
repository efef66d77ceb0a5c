/**
 * What may cross the wire between a tab and the coordinator, with its limits. One interface types both ends of the
 * socket; the schemas are what the coordinator holds a tab's message against before any other code sees it.
 */
import { z } from "zod";
import type { Evidence } from "./ledger/evidence.ts";
import type { ModelContext } from "./model-file.ts";
import type { Announcement } from "./round/0-announce.ts";
import type { Ready } from "./round/1-ready.ts";
import type { Nonce, NoncesMessage, Roster } from "./round/1-roster.ts";
import { type DeliveryMessage, parcelLength, type SharesMessage } from "./round/2-shares.ts";
import type { MaskedHeader } from "./round/3-masked.ts";
import type { Agreement, AgreementsMessage, Survivors, UnmaskMessage } from "./round/4-unmask.ts";
import type { Result } from "./round/5-result.ts";
import type { DropReason } from "./round/reasons.ts";
import type { Signed } from "./round/signed.ts";
import type { Witnessed } from "./round/witnessed.ts";
import type { RunState } from "./run-record.ts";
import { nonceLength } from "./secure-sum/graph.ts";
import { kemKeyLength } from "./secure-sum/hybrid.ts";
import { largestSharing, shareLength } from "./secure-sum/shares.ts";
import { largestCohort } from "./task.ts";

const hex = (bytes: number) =>
  z
    .string()
    .length(2 * bytes)
    .regex(/^[0-9a-f]*$/);
const hash = hex(32);
const index = z.int().min(0).max(largestCohort);
/** Bytes for each neighbour */
const packets = (length: number) =>
  z.instanceof(Uint8Array<ArrayBuffer>).refine((bytes) => bytes.length <= (largestSharing + 1) * length);
const signed = <Body extends z.ZodType>(body: Body) => z.strictObject({ body, signature: hex(64) });

/** What a tab may send, by event, beside the pieces of its vector. Everything else is refused unread. */
export const tabMessages = {
  hello: z.strictObject({
    run: z.string().max(64),
    invite: z.string().max(64),
    identity: hash,
    /** Ed25519 over the connection's challenge: the identity is the sender's own */
    signature: hex(64),
    /** Size of the last ledger checkpoint this tab verified; 0 for none */
    ledgerSize: z.int().min(0),
  }),
  ready: signed(
    z.strictObject({
      announcementHash: hash,
      identity: hash,
      maskKey: hash,
      boxKey: hash,
      commitment: hash,
      kemKey: hex(kemKeyLength).optional(),
    }),
  ),
  nonce: z.strictObject({ rosterHash: hash, nonce: hex(nonceLength) }),
  shares: z.strictObject({
    shares: signed(z.strictObject({ rosterHash: hash, from: index, commitment: hash, boxesHash: hash })),
    boxes: packets(parcelLength({ postQuantum: true })),
  }),
  masked: signed(z.strictObject({ rosterHash: hash, from: index, deliveryHash: hash, sha256: hash })),
  agreement: signed(z.strictObject({ survivorsHash: hash, from: index })),
  unmask: z.strictObject({
    unmask: signed(z.strictObject({ survivorsHash: hash, from: index, sharesHash: hash })),
    shares: packets(shareLength),
  }),
  /** Consent is taken back */
  withdraw: z.strictObject({}),
  decline: z.strictObject({ announcementHash: hash, reason: z.string().max(64) }),
} as const;

export type Hello = z.infer<typeof tabMessages.hello>;

/** What every message is answered with. */
export type Reply =
  | { ok: true }
  | { ok: false; reason: DropReason | "invitation-invalid" | "run-unknown" | "run-proposed" | "run-ended" };

export interface Welcome {
  /** A tab of another version says so before it reads on */
  protocol: number;
  task: unknown;
  /** Ed25519, hex: signs everything the coordinator says, the ledger's checkpoints included */
  coordinatorKey: string;
  /** The task's own entry in the ledger */
  evidence: Evidence;
  roundsPlanned: number;
  state: RunState;
}

export interface AnnounceMessage {
  announcement: Witnessed<Announcement>;
  evidence: Evidence;
  /** Little-endian f32 */
  parameters: ArrayBuffer;
}

export interface TabToCoordinator {
  hello(message: Hello, reply: (answer: Reply & { welcome?: Welcome }) => void): void;
  ready(message: Signed<Ready>, reply: (answer: Reply) => void): void;
  nonce(message: Nonce, reply: (answer: Reply) => void): void;
  shares(message: SharesMessage, reply: (answer: Reply) => void): void;
  /** Answered when it is this tab's turn to send its vector */
  masked(header: Signed<MaskedHeader>, reply: (answer: Reply) => void): void;
  /** The next piece of the packed vector */
  piece(bytes: Uint8Array, reply: (answer: Reply) => void): void;
  agreement(message: Signed<Agreement>, reply: (answer: Reply) => void): void;
  unmask(message: UnmaskMessage, reply: (answer: Reply) => void): void;
  withdraw(message: Record<string, never>, reply: (answer: Reply) => void): void;
  decline(message: { announcementHash: string; reason: string }, reply: (answer: Reply) => void): void;
}

export interface CoordinatorToTab {
  challenge(nonce: string): void;
  announce(message: AnnounceMessage): void;
  roster(message: Witnessed<Roster>): void;
  nonces(message: NoncesMessage): void;
  offers(bytes: Uint8Array): void;
  delivery(message: DeliveryMessage): void;
  survivors(message: Signed<Survivors>): void;
  agreements(message: AgreementsMessage): void;
  result(message: Witnessed<Result>): void;
  /** The same identity took this seat in another tab; the connection ends */
  replaced(): void;
  /** The round is over for everybody, with nothing revealed */
  abort(message: { announcementHash: string; reason: string }): void;
  /** With what a tab explains its own rows against, and the proof of the entry that has its hash */
  ended(message: { state: RunState; reason: string; model?: { context: ModelContext; evidence: Evidence } }): void;
}

/** What an independent witness says. */
export const witnessHello = z.strictObject({
  /** Ed25519, hex, as tasks name it */
  witness: hash,
  /** Over the connection's challenge */
  signature: hex(64),
});

export interface WitnessToCoordinator {
  hello(message: z.infer<typeof witnessHello>, reply: (answer: { coordinatorKey: string } | undefined) => void): void;
}

/** What a witness answers with: its signature, hex, or why there is none. */
export type WitnessReply = { signature: string } | { refused: string };

export interface CoordinatorToWitness {
  challenge(nonce: string): void;
  announcement(message: Signed<Announcement>, reply: (answer: WitnessReply) => void): void;
  roster(message: Signed<Roster>, reply: (answer: WitnessReply) => void): void;
  result(message: Signed<Result>, reply: (answer: WitnessReply) => void): void;
}

/** The connection's challenge as a witness signs it. */
export const witnessChallengeText = (nonce: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`murmur/witness/1\n${nonce}`);

/** The connection's challenge as the tab signs it. */
export const challengeText = (nonce: string, run: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(`murmur/hello/1\n${nonce}\n${run}`);
