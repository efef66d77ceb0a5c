/**
 * One participant's way through a run: reacts to what the coordinator says, one message after the other, with the
 * phases of shared/round. Where the answers come from (kernels, a test) and where it is remembered are handed in.
 */
import type { Socket } from "socket.io-client";
import { toHex } from "../../shared/canonical.ts";
import { isApproved, type SignedStatement } from "../../shared/governance/review.ts";
import type { LedgerEntry } from "../../shared/ledger/entries.ts";
import { type Evidence, EvidenceError, verifyEvidence } from "../../shared/ledger/evidence.ts";
import type { ProofFile } from "../../shared/ledger/proof.ts";
import { contextHash, type ModelContext, type ModelFile, modelFileOf } from "../../shared/model-file.ts";
import { type Plan, planOf, type RoundPlan } from "../../shared/plan.ts";
import { familyOf, roundsToWait } from "../../shared/privacy/balance.ts";
import type { Masked, Noised } from "../../shared/privacy/stages.ts";
import type { Question } from "../../shared/questions/question.ts";
import { acceptAnnouncement } from "../../shared/round/0-announce.ts";
import { type Joined, offerKeys } from "../../shared/round/1-ready.ts";
import { type NoncesMessage, openGraph, openRoster, type Rostered } from "../../shared/round/1-roster.ts";
import { openDelivery, type Shared, shareSecrets } from "../../shared/round/2-shares.ts";
import { type MaskedMessage, maskAnswer, pieceLength, type Uploaded } from "../../shared/round/3-masked.ts";
import { type Agreed, agreeToSurvivors, revealShares } from "../../shared/round/4-unmask.ts";
import { acceptResult } from "../../shared/round/5-result.ts";
import { Decline, type DeclineReason } from "../../shared/round/reasons.ts";
import { type ParticipantEnv, protocolVersion, type RoundFacts, type UploadCost } from "../../shared/round/round.ts";
import type { Phase, RunState } from "../../shared/run-record.ts";
import { type Identity, identityFrom } from "../../shared/secure-sum/keys.ts";
import { type Task, taskHash } from "../../shared/task.ts";
import { asTask } from "../../shared/task-rules.ts";
import {
  type CoordinatorToTab,
  challengeText,
  type Reply,
  type TabToCoordinator,
  type Welcome,
} from "../../shared/wire.ts";
import type { Journal, SeenCheckpoint } from "./journal.ts";

/** An answer that is computed but not yet noised: how much noise is due is known when the cohort is. */
export type Answer = (plan: RoundPlan) => Noised;

export interface SessionEvents {
  onWelcome(joined: { task: Task; taskHash: string; plan: Plan; roundsPlanned: number }): void;
  onPhase(phase: Phase, facts: { round: number; question: Question["kind"]; cohort: number }): void;
  onSent(sent: {
    facts: RoundFacts;
    masked: Masked;
    /** The same, packed: the bytes that leave */
    payload: Uint8Array<ArrayBuffer>;
    cohort: number;
    bits: number;
    sha256: string;
    epsilonAfter: number;
  }): void;
  onResult(facts: RoundFacts): void;
  /** The ledger has grown as it should; the proof is that of the entry it was asked for */
  onCheckpoint(seen: SeenCheckpoint, proof: ProofFile): void;
  /** This tab's own check failed. `final`: it will not take part again. */
  onDecline(decline: Decline, final: boolean): void;
  /** The coordinator ended this round for everybody */
  onAbort(reason: string): void;
  onRefused(reason: string): void;
  /** @param model the one that was evaluated, when this tab was asked about it */
  onEnded(state: RunState, reason: string, model: ModelFile | undefined): void;
  onOnline(online: boolean): void;
  /** Something broke in here */
  onFailure(error: unknown): void;
}

/** Declines after which the next round may go better; after any other the coordinator is not to be trusted with more. */
const passing: ReadonlySet<DeclineReason> = new Set([
  "roster-too-small",
  "survivors-too-few",
  "survivors-split",
  "share-invalid",
  "already-answered",
  "round-too-near",
  "protocol-error",
]);

/** How long the coordinator may take to take note of a message, ms. */
const acknowledgementMs = 30_000;

/** How long it may take until it is this tab's turn to upload: others' vectors are on their way, ms. */
const turnMs = 30 * 60_000;

/** Where a round stands in this tab. */
type Standing =
  | { at: "ready"; state: Joined; answer: Answer }
  | { at: "rostered"; state: Rostered; answer: Answer; nonces?: NoncesMessage }
  | { at: "shared"; state: Shared; answer: Answer }
  | { at: "uploaded"; state: Uploaded }
  | { at: "agreed"; state: Agreed }
  | { at: "revealed"; facts: RoundFacts };

export class Session {
  #env: ParticipantEnv | undefined;
  #standing: Standing | undefined;
  #queue: Promise<void> = Promise.resolve();
  #welcomed = false;
  #consented = false;
  #resting = false;
  #left = false;
  /** Told when the coordinator has taken this tab in */
  #seated: (() => void) | undefined;
  /** Accepted, but not answered: before consent nothing is computed */
  #pending: { facts: RoundFacts; question: Question; parameters: Float32Array<ArrayBuffer> } | undefined;
  #lastEpsilon = 0;
  /** The model that `evaluate` asked about */
  #judged:
    | { parameters: Float32Array<ArrayBuffer>; context: Pick<ModelContext, "normalisation" | "threshold"> }
    | undefined;

  constructor(
    private readonly socket: Socket<CoordinatorToTab, TabToCoordinator>,
    private readonly run: string,
    private readonly invite: string,
    private readonly identity: Identity,
    private readonly journal: Journal,
    private readonly compute: (
      question: Question,
      parameters: Float32Array<ArrayBuffer>,
      announcementHash: string,
    ) => Promise<Answer>,
    private readonly events: SessionEvents,
  ) {
    socket.on("challenge", (nonce) => this.#enqueue(() => this.#hello(nonce)));
    socket.on("announce", (message) =>
      this.#enqueue(async () => {
        await this.#accept(message);
        if (this.#consented && !this.#resting) await this.#answer();
      }),
    );
    socket.on("roster", (message) => this.#enqueue(() => this.#roster(message)));
    socket.on("nonces", (message) => this.#enqueue(() => this.#nonces(message)));
    socket.on("offers", (bytes) => this.#enqueue(() => this.#offers(bytes)));
    socket.on("delivery", (message) => this.#enqueue(() => this.#delivery(message)));
    socket.on("survivors", (message) => this.#enqueue(() => this.#survivors(message)));
    socket.on("agreements", (message) => this.#enqueue(() => this.#agreements(message)));
    socket.on("result", (message) => this.#enqueue(() => this.#result(message)));
    socket.on("abort", ({ announcementHash, reason }) =>
      this.#enqueue(async () => {
        if (this.#facts()?.announcementHash === announcementHash) this.#standing = undefined;
        events.onAbort(reason);
      }),
    );
    socket.on("ended", ({ state, reason, model }) =>
      this.#enqueue(async () => events.onEnded(state, reason, await this.#model(model))),
    );
    socket.on("replaced", () => {
      events.onRefused("opened-elsewhere");
      this.leave();
    });
    socket.on("disconnect", () => {
      this.#standing = undefined;
      events.onOnline(false);
    });
  }

  static async identity(journal: Journal): Promise<Identity> {
    return identityFrom(await journal.identityKeys());
  }

  /** From here on the tab answers. */
  consent(): void {
    this.#enqueue(async () => {
      this.#consented = true;
      if (!this.#resting) await this.#answer();
    });
  }

  /**
   * Sits out: a round this tab is in goes on to its end, what is asked then is declined, and the seat is given up, so
   * that nobody counts on it.
   */
  rest(): void {
    this.#enqueue(async () => {
      this.#resting = true;
    });
  }

  /** Takes the seat again. */
  wake(): void {
    this.#enqueue(async () => {
      this.#resting = false;
      if (!this.#left) this.socket.connect();
    });
  }

  /** Takes the consent back: the coordinator forgets this tab, if it can be reached, and then the tab leaves. */
  async withdraw(): Promise<void> {
    this.#consented = false;
    this.#resting = false;
    if (!this.socket.connected) await this.#takeSeat();
    if (this.socket.connected)
      await this.#patient()
        .emitWithAck("withdraw", {})
        .catch(() => undefined);
    this.leave();
  }

  /** As after a rest, to be heard once more; where the coordinator is not reached in time, there is nobody to tell. */
  #takeSeat(): Promise<void> {
    return new Promise((resolve) => {
      this.#seated = resolve;
      setTimeout(resolve, acknowledgementMs);
      this.socket.connect();
    });
  }

  /** Ends taking part; a round under way loses this tab as a dropout. */
  leave(): void {
    this.#left = true;
    this.#standing = undefined;
    this.socket.disconnect();
  }

  /** Messages are worked on one at a time, in the order they came. */
  #enqueue(work: () => Promise<void>): void {
    const due = () => this.#giveUpSeat();
    this.#queue = this.#queue
      .then(work)
      .then(due)
      .catch((error: unknown) => {
        const facts = this.#facts();
        this.#standing = undefined;
        if (!(error instanceof Decline)) {
          this.events.onFailure(error);
          this.leave();
          return;
        }
        const final = !passing.has(error.reason);
        this.events.onDecline(error, final);
        if (facts && this.socket.connected) {
          this.socket.emit("decline", { announcementHash: facts.announcementHash, reason: error.reason }, () => {});
        }
        if (final) this.leave();
      });
  }

  async #giveUpSeat(): Promise<void> {
    if (!this.#resting || !this.#consented || this.#standing || !this.socket.connected) return;
    const asked = this.#pending?.facts.announcementHash;
    this.#pending = undefined;
    if (asked !== undefined)
      await this.#patient()
        .emitWithAck("decline", { announcementHash: asked, reason: "resting" })
        .catch(() => undefined);
    this.socket.disconnect();
  }

  #facts(): RoundFacts | undefined {
    const standing = this.#standing;
    if (!standing) return undefined;
    return standing.at === "revealed" ? standing.facts : standing.state.facts;
  }

  async #hello(nonce: string): Promise<void> {
    const signature = await this.identity.sign(challengeText(nonce, this.run));
    const kept = await this.journal.checkpoint();
    const reply = await this.#patient()
      .emitWithAck("hello", {
        run: this.run,
        invite: this.invite,
        identity: toHex(this.identity.publicKey),
        signature: toHex(signature),
        ledgerSize: kept?.size ?? 0,
      })
      .catch(() => undefined);
    // The coordinator went away in between; when it is back it gives a new challenge.
    if (!reply) return;
    if (!reply.ok || !reply.welcome) {
      this.events.onRefused(reply.ok ? "protocol-error" : reply.reason);
      this.leave();
      return;
    }
    this.events.onOnline(true);
    this.#seated?.();
    await this.#welcome(reply.welcome);
  }

  async #welcome(welcome: Welcome): Promise<void> {
    if (welcome.protocol !== protocolVersion)
      throw new Decline("version-mismatch", { ours: protocolVersion, theirs: welcome.protocol });
    const task = asTask(welcome.task);
    const hash = await taskHash(task);
    if (this.#env && this.#env.taskHash !== hash) throw new Decline("task-changed");
    const pinned = await this.journal.pinCoordinator(welcome.coordinatorKey);
    if (pinned !== welcome.coordinatorKey) throw new Decline("signature-invalid", { of: "coordinator" });
    if (!this.#env) {
      const plan: Plan = planOf(task);
      this.#env = {
        identity: this.identity,
        coordinatorKey: pinned,
        task,
        taskHash: hash,
        run: this.run,
        plan,
        claim: (step, announcementHash) => this.journal.claim(`${step}/${announcementHash}`),
        charge: (cost) => this.#charge(cost),
      };
    }
    let approvals: SignedStatement[] = [];
    await this.#checkEvidence(welcome.evidence, (entry) => {
      if (entry.kind !== "run" || entry.run !== this.run || entry.taskHash !== hash) return false;
      approvals = (entry.approvals ?? []) as SignedStatement[];
      return true;
    });
    if (!(await isApproved(task, { run: this.run, taskHash: hash }, approvals))) throw new Decline("not-reviewed");
    if (!this.#welcomed)
      this.events.onWelcome({ task, taskHash: hash, plan: this.#env.plan, roundsPlanned: welcome.roundsPlanned });
    this.#welcomed = true;
  }

  async #charge(cost: UploadCost): Promise<void> {
    const { task, taskHash } = this.#env!;
    const { announcementHash: _, noiseMultiplier, sampleRate, honest, ...rest } = cost;
    const { epsilon, delta, banded } = task.privacy;
    const answer = await this.journal.charge(
      familyOf(task, taskHash),
      { taskHash, ...rest, event: { noiseMultiplier, sampleRate }, honest },
      { epsilon, delta, ...(banded && { bands: banded.bands }) },
    );
    if (answer.wait) throw new Decline("round-too-near", { wait: answer.wait });
    if (!answer.admitted) throw new Decline("budget-spent", { epsilon: answer.epsilonAfter, budget: epsilon });
    this.#lastEpsilon = answer.epsilonAfter;
  }

  /** The ledger only ever grows: what this tab saw before must be a prefix of what it sees now. */
  async #checkEvidence(evidence: Evidence, isIt: (entry: LedgerEntry) => boolean): Promise<void> {
    const { coordinatorKey } = this.#env!;
    const before = await this.journal.checkpoint();
    const { entry, seen } = await verifyEvidence(evidence, coordinatorKey, before).catch((error: unknown) => {
      throw error instanceof EvidenceError ? new Decline(error.reason) : error;
    });
    if (!isIt(entry)) throw new Decline("not-in-ledger");
    await this.journal.saveCheckpoint(seen);
    const { checkpoint, leaf, index, path } = evidence;
    this.events.onCheckpoint(seen, { publicKey: coordinatorKey, checkpoint, leaf, index, path });
  }

  async #accept(message: Parameters<CoordinatorToTab["announce"]>[0]): Promise<void> {
    const env = this.#env;
    if (!env) return;
    this.#standing = undefined;
    this.#pending = undefined;
    // A copy of its own: in Node binary messages come as views into a shared buffer.
    const parameters = new Float32Array(new Uint8Array(message.parameters).slice().buffer);
    const facts = await acceptAnnouncement(env, message.announcement, parameters);
    const { question } = message.announcement.body;
    await this.#checkEvidence(
      message.evidence,
      (entry) =>
        entry.kind === "announcement" &&
        entry.announcementHash === facts.announcementHash &&
        entry.clipNorm === (question.kind === "train" ? question.clip?.norm : undefined),
    );
    if (question.kind === "evaluate") {
      const { normalisation, thresholds } = question;
      this.#judged = { parameters, context: { normalisation, threshold: thresholds[1]! } };
    }
    this.#pending = { facts, question, parameters };
  }

  /** The model that was evaluated, with a context that the ledger names: no other background is explained against. */
  async #model(ended: { context: ModelContext; evidence: Evidence } | undefined): Promise<ModelFile | undefined> {
    if (!ended || !this.#env) return undefined;
    // What this tab was asked about itself, it need not be told.
    const context = { ...ended.context, ...this.#judged?.context };
    const hash = await contextHash(context);
    await this.#checkEvidence(
      ended.evidence,
      (entry) => entry.kind === "end" && entry.run === this.run && entry.contextHash === hash,
    );
    return this.#judged && modelFileOf(this.run, this.#env.task, this.#judged.parameters, context);
  }

  /** A task with correlated noise counts on nobody being in two training rounds that are near: so this tab holds by itself. */
  async #sitsOut({ question, round, announcementHash }: RoundFacts): Promise<boolean> {
    const { task, taskHash } = this.#env!;
    const { banded } = task.privacy;
    if (!banded || question !== "train") return false;
    const charges = await this.journal.charges(familyOf(task, taskHash));
    const wait = roundsToWait(charges, { taskHash, run: this.run, round }, banded.bands);
    if (wait === 0) return false;
    const decline = new Decline("round-too-near", { wait });
    this.events.onDecline(decline, false);
    await this.#patient()
      .emitWithAck("decline", { announcementHash, reason: decline.reason })
      .catch(() => undefined);
    return true;
  }

  async #answer(): Promise<void> {
    const pending = this.#pending;
    this.#pending = undefined;
    if (!pending) return;
    const { facts, question, parameters } = pending;
    if (await this.#sitsOut(facts)) return;
    this.events.onPhase("announce", { ...facts, cohort: 0 });
    const answer = await this.compute(question, parameters, facts.announcementHash);
    this.#standing = { at: "ready", state: await offerKeys(this.#env!, facts), answer };
    this.events.onPhase("ready", { ...facts, cohort: 0 });
    await this.#reach(this.#patient().emitWithAck("ready", this.#standing.state.offer));
  }

  async #roster(message: Parameters<CoordinatorToTab["roster"]>[0]): Promise<void> {
    const standing = this.#standing;
    if (standing?.at !== "ready") return;
    const { state, message: nonce } = await openRoster(this.#env!, standing.state, message);
    this.events.onPhase("shares", { ...state.facts, cohort: state.cohort.size });
    this.#standing = { at: "rostered", state, answer: standing.answer };
    await this.#reach(this.#patient().emitWithAck("nonce", nonce));
  }

  async #nonces({ nonces, openings }: Parameters<CoordinatorToTab["nonces"]>[0]): Promise<void> {
    const standing = this.#standing;
    if (standing?.at === "rostered") standing.nonces = { nonces, openings: new Uint8Array(openings) };
  }

  async #offers(bytes: Parameters<CoordinatorToTab["offers"]>[0]): Promise<void> {
    const standing = this.#standing;
    if (standing?.at !== "rostered" || !standing.nonces) return;
    const neighbour = await openGraph(this.#env!, standing.state, standing.nonces, new Uint8Array(bytes));
    const { state, message: shares } = await shareSecrets(this.#env!, neighbour);
    this.#standing = { at: "shared", state, answer: standing.answer };
    await this.#reach(this.#patient().emitWithAck("shares", shares));
  }

  async #delivery(message: Parameters<CoordinatorToTab["delivery"]>[0]): Promise<void> {
    const standing = this.#standing;
    if (standing?.at !== "shared") return;
    const boxes = new Uint8Array(message.boxes);
    const entrusted = await openDelivery(this.#env!, standing.state, { ...message, boxes });
    const { facts, plan } = entrusted;
    this.events.onPhase("masked", { ...facts, cohort: entrusted.senders.size });
    const { state, message: masked } = await maskAnswer(this.#env!, entrusted, standing.answer(plan));
    this.#standing = { at: "uploaded", state };
    const reply = this.#upload(masked, plan.bits);
    this.events.onSent({
      facts,
      masked: state.masked,
      bits: plan.bits,
      payload: masked.payload,
      cohort: entrusted.senders.size,
      sha256: state.sha256,
      epsilonAfter: this.#lastEpsilon,
    });
    await this.#reach(reply);
  }

  /** Waits for its turn, then sends the vector piece by piece. */
  async #upload({ header, payload }: MaskedMessage, bits: number): Promise<Reply> {
    const length = pieceLength(bits);
    let reply = await this.socket.timeout(turnMs).emitWithAck("masked", header);
    for (let at = 0; reply.ok && at < payload.length; at += length)
      reply = await this.#patient().emitWithAck("piece", payload.slice(at, at + length));
    return reply;
  }

  async #survivors(message: Parameters<CoordinatorToTab["survivors"]>[0]): Promise<void> {
    const standing = this.#standing;
    if (standing?.at !== "uploaded") return;
    const { state, message: agreement } = await agreeToSurvivors(this.#env!, standing.state, message);
    this.events.onPhase("unmask", { ...state.facts, cohort: state.survivors.size });
    this.#standing = { at: "agreed", state };
    await this.#reach(this.#patient().emitWithAck("agreement", agreement));
  }

  async #agreements(message: Parameters<CoordinatorToTab["agreements"]>[0]): Promise<void> {
    const standing = this.#standing;
    if (standing?.at !== "agreed") return;
    const signatures = new Uint8Array(message.signatures);
    const unmask = await revealShares(this.#env!, standing.state, { ...message, signatures });
    // The round's secrets end here: only its facts are kept for the result.
    this.#standing = { at: "revealed", facts: standing.state.facts };
    await this.#reach(this.#patient().emitWithAck("unmask", unmask));
  }

  async #result(message: Parameters<CoordinatorToTab["result"]>[0]): Promise<void> {
    const standing = this.#standing;
    if (standing?.at !== "revealed") return;
    await acceptResult(this.#env!, standing.facts, message);
    this.#standing = undefined;
    this.events.onPhase("result", { ...standing.facts, cohort: message.body.survivors });
    this.events.onResult(standing.facts);
  }

  #patient() {
    return this.socket.timeout(acknowledgementMs);
  }

  /** When the coordinator refuses or cannot be reached, the round goes on without this tab; the next one is another chance. */
  async #reach(acknowledgement: Promise<Reply>): Promise<void> {
    const reply = await acknowledgement.catch((): Reply => ({ ok: false, reason: "disconnected" }));
    if (reply.ok) return;
    this.#standing = undefined;
    this.events.onAbort(reply.reason);
  }
}
