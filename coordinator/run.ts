/**
 * A run: questions in order, profile → train … train → tree … → moments → explain → evaluate, each repeated until it has an answer.
 *
 * The order of durable steps makes a crash harmless at any line:
 *   announce (ledger) → keys and shares → charge (ledger) → uploads → decode → finish (model, record and ledger at once)
 * Killed before the charge, nothing was sent; killed after it, the sum is lost with the process and the charge stays.
 * Either way the attempt is aborted on start, and the same question is asked again under the next attempt.
 */
import { randomBytes } from "node:crypto";
import type { SpanContext, Tracer } from "@opentelemetry/api";
import type { Logger } from "pino";
import { fromHex } from "../shared/canonical.ts";
import { isWeakCohort, minimumCohort } from "../shared/cohort.ts";
import { InputError, invariant } from "../shared/errors.ts";
import { evaluateGates } from "../shared/gates.ts";
import { type SignedStatement, type Standing, standingOf } from "../shared/governance/review.ts";
import type { Evidence } from "../shared/ledger/evidence.ts";
import { contextHash, type ModelContext } from "../shared/model-file.ts";
import { chargeOf, type Plan, planOf } from "../shared/plan.ts";
import { admit, type Charge } from "../shared/privacy/balance.ts";
import { decodeParticipants } from "../shared/privacy/encode.ts";
import { rotationSigns } from "../shared/privacy/hadamard.ts";
import { asksFinalModel, type Question } from "../shared/questions/question.ts";
import { type Announcement, announce, announcementHash, hashParameters } from "../shared/round/0-announce.ts";
import { hashSum, publishResult } from "../shared/round/5-result.ts";
import { Abort } from "../shared/round/reasons.ts";
import { type CoordinatorEnv, protocolVersion, type RoundFacts } from "../shared/round/round.ts";
import {
  isOver,
  type PrivacyStatement,
  type Progress,
  type RoundRecord,
  type RunDetail,
  type RunState,
  type RunSummary,
} from "../shared/run-record.ts";
import { spentOn } from "../shared/spent.ts";
import type { Task } from "../shared/task.ts";
import type { AnnounceMessage, Welcome } from "../shared/wire.ts";
import { answered, type Course, compose, nextQuestion } from "./agenda.ts";
import { bulkCrypto } from "./bulk-crypto.ts";
import { withCorrelatedNoise } from "./correlated.ts";
import { finalParameters, type Learner } from "./learner.ts";
import type { Metrics } from "./metrics.ts";
import { type Reading, readSum, selectionThreshold } from "./reading.ts";
import { type Connection, Room } from "./room.ts";
import { conductRound, type Deadlines, type RoundHooks, type RoundOutcome } from "./round.ts";
import { LeadershipLost } from "./store/leader.ts";
import type { Ledger } from "./store/ledger-store.ts";
import type { RunRow, Runs } from "./store/runs.ts";
import { RoundTrace } from "./tracing/round-trace.ts";
import type { Witnesses } from "./witness/witnesses.ts";

/** After the last arrival, how long a run waits for more before it starts with fewer than the maximum, ms. */
const gatheringMs = 15_000;

/** Attempts of one round that may fail in a row before the run waits for a person. */
const attemptsInARow = 5;

/** Lets other processes take vectors of the members that are connected there. */
export type UploadsElsewhere = (
  run: string,
  room: Room,
  /** The round's span */
  trace: SpanContext,
  ...round: Parameters<RoundHooks["elsewhere"]>
) => ReturnType<RoundHooks["elsewhere"]>;

export interface RunDependencies {
  runs: Runs;
  ledger: Ledger;
  signer: CoordinatorEnv["signer"];
  /** Ed25519, hex */
  publicKey: string;
  witnesses: Witnesses;
  elsewhere: UploadsElsewhere;
  deadlines: Deadlines;
  metrics: Metrics;
  tracer: Tracer;
  /** Hash of the pages that are served; undefined where none are */
  pagesHash: string | undefined;
  /** Base address participants open */
  url: () => string;
  onChange: (run: Run) => void;
  onProgress: (run: Run, progress: Progress) => void;
  log: Logger;
}

/** A question whose cohort is still open: whoever comes now gets it too. */
interface OpenQuestion {
  message: Omit<AnnounceMessage, "evidence">;
  /** Place of its announcement in the ledger */
  entry: number;
}

export class Run {
  readonly room = new Room();
  readonly plan: Plan;
  #state: RunState;
  #reason: string | undefined;
  #records: RoundRecord[];
  #charges: Charge[];
  #current: RunDetail["current"];
  #phaseBegan = 0;
  #open: OpenQuestion | undefined;
  #ledgerSizes = new Map<string, number>();
  #stop = new AbortController();
  #stopReason = "";
  #arrived: () => void = () => {};
  #driving: Promise<void> | undefined;

  private constructor(
    private readonly row: RunRow,
    private learner: Learner,
    private nextAttempt: number,
    records: RoundRecord[],
    charges: Charge[],
    private statements: SignedStatement[],
    private modelHash: string,
    private readonly dependencies: RunDependencies,
  ) {
    this.plan = planOf(row.task);
    this.#state = row.state;
    this.#reason = row.reason ?? undefined;
    this.#records = records;
    this.#charges = charges;
    this.room.onChange = () => {
      this.#arrived();
      this.#changed();
    };
    this.room.onProgress = (progress) => dependencies.onProgress(this, progress);
  }

  /** From the store: a new run, or one that a crash interrupted. */
  static async load(row: RunRow, dependencies: RunDependencies): Promise<Run> {
    const { runs } = dependencies;
    const { learner, attempt } = await runs.loadState(row.id);
    return new Run(
      row,
      learner,
      attempt,
      await runs.records(row.id),
      await runs.charges(row.id),
      row.task.review ? await runs.statements(row.id) : [],
      await hashParameters(finalParameters(learner)),
      dependencies,
    );
  }

  get id(): string {
    return this.row.id;
  }
  get task(): Task {
    return this.row.task;
  }
  get isOver(): boolean {
    return isOver(this.#state);
  }
  /** Until its reviewers have signed, a task is nothing but a proposal. */
  get isProposed(): boolean {
    return this.#state === "proposed";
  }
  get stored(): RunRow {
    return this.row;
  }
  get reviews(): readonly SignedStatement[] {
    return this.statements;
  }
  get records(): readonly RoundRecord[] {
    return this.#records;
  }
  /** The model as it would be exported: averaged, [parameters] f32 */
  get parameters(): Float32Array<ArrayBuffer> {
    return finalParameters(this.learner);
  }
  get normalisation() {
    return this.learner.profile?.normalisation;
  }
  /** What the exported model needs beside its parameters; undefined before the profile */
  get context(): ModelContext | undefined {
    const { profile } = this.learner;
    if (!profile) return undefined;
    const { normalisation, marginals } = profile;
    const components = this.#records.find((r) => r.components)?.components;
    const threshold = selectionThreshold(this.task, this.learner);
    return { normalisation, marginals, threshold, ...(components && { components }) };
  }

  /**
   * By the run's own link, or by an invitation for one. From the first of those on, the link seats only who is known
   * already: it may have gone anywhere.
   */
  async admits(invite: string, identity: string): Promise<boolean> {
    const { runs } = this.dependencies;
    if (invite !== this.row.invite) return runs.useInvitation(this.id, invite, identity);
    return !(await runs.hasInvitations(this.id)) || (await runs.enrolmentsOf(identity)).includes(this.id);
  }

  /** Links for one participant each: whoever comes with one first keeps it. */
  async invite(count: number): Promise<string[]> {
    if (this.isOver) throw new InputError("run", `${this.id} is over`, "Launch its task again.");
    const tokens = Array.from({ length: count }, newInvitation);
    await this.dependencies.runs.addInvitations(this.id, tokens);
    return tokens.map((token) => this.#linkOf(token));
  }

  #linkOf(invite: string): string {
    return `${this.dependencies.url()}/?run=${this.id}&invite=${invite}`;
  }

  /** Drives the run to its end; returns when it is over or interrupted. */
  start(): Promise<void> {
    invariant(!this.isProposed, "a task is launched after its review");
    this.#driving ??= this.#drive();
    return this.#driving;
  }

  /** Asks nothing new until it is resumed, after a restart too; a round under way goes on to its end. */
  async hold(): Promise<void> {
    if (this.#state === "waiting" || this.#state === "running") await this.#setState("held");
  }

  async resume(): Promise<void> {
    if (this.#state === "held") await this.#setState("waiting");
    this.#arrived();
  }

  /** Stops for good. A round under way ends with nothing revealed. */
  async stop(reason = "stopped by the operator"): Promise<void> {
    if (this.isOver) return;
    if (this.isProposed) return this.#end("stopped", reason);
    this.#stopReason = reason;
    this.#stop.abort(new Abort("stopped"));
    this.#arrived();
    await this.#driving;
  }

  /** Lets go without ending the run: the process is about to exit. */
  async interrupt(): Promise<void> {
    this.#stop.abort(new Interrupted());
    this.#arrived();
    await this.#driving;
  }

  /** One more word of a reviewer, already in the ledger. */
  takeReview(statement: SignedStatement): void {
    this.statements = [...this.statements, statement];
    this.#changed();
  }

  /** Where the review stands; undefined for a task that names no reviewer. */
  review(now: number): Standing | undefined {
    return this.task.review && standingOf(this.task.review, this.statements, now);
  }

  async welcome(identity: string, ledgerSize: number): Promise<Welcome> {
    await this.dependencies.runs.enrol(this.id, identity);
    return {
      protocol: protocolVersion,
      task: this.task,
      coordinatorKey: this.dependencies.publicKey,
      evidence: await this.#evidence(identity, this.row.entry, ledgerSize),
      roundsPlanned: this.#roundsPlanned,
      state: this.#state,
    };
  }

  /** Consent taken back: the enrolment is deleted, and that somebody withdrew, not who, goes into the ledger. */
  async withdraw(identity: string): Promise<void> {
    this.room.drop(identity, "declined");
    await this.dependencies.runs.withdraw(this.id, identity, new Date().toISOString());
  }

  /** Seats a participant; one that comes while the cohort is still open gets the question at once. */
  async enter(connection: Connection): Promise<void> {
    this.room.enter(connection);
    const open = this.#open;
    if (open && this.room.expectAlso("ready", connection.identity)) await this.#announceTo(connection.identity, open);
  }

  async #evidence(identity: string, entry: number, from = this.#ledgerSizes.get(identity) ?? 0): Promise<Evidence> {
    const evidence = await this.dependencies.ledger.evidence(entry, from);
    this.#ledgerSizes.set(identity, evidence.size);
    return evidence;
  }

  async #announceTo(identity: string, open: OpenQuestion): Promise<void> {
    this.room.send([identity], "announce", { ...open.message, evidence: await this.#evidence(identity, open.entry) });
  }

  async #drive(): Promise<void> {
    const ending = await this.#askAll();
    // Once: an end whose writing fails is found out at the next start.
    if (ending) await this.#end(ending.state, ending.reason);
  }

  /** @returns how the run ended; undefined where it is only left */
  async #askAll(): Promise<{ state: "finished" | "stopped" | "failed"; reason: string } | undefined> {
    const { signal } = this.#stop;
    let failures = 0;
    try {
      for (let question = nextQuestion(this.#course); question; question = nextQuestion(this.#course)) {
        await this.#companyOf(minimumCohort(this.task), signal);
        // Nothing is asked on the way out, and a run on hold stays so.
        if (signal.aborted) throw signal.reason;
        await this.#setState("running");
        failures = (await this.#ask(question, signal)) ? 0 : failures + 1;
        if (failures === attemptsInARow)
          return {
            state: "failed",
            reason: `the round was tried ${failures} times in a row; see the reasons of its attempts`,
          };
      }
      if (signal.aborted) throw signal.reason;
      const evaluated = answered(this.#records, "evaluate") > 0;
      return {
        state: "finished",
        reason: evaluated ? "every round is done" : "the privacy budget is spent before the evaluation could be asked",
      };
    } catch (error) {
      // Who may write no more ends no run: whoever leads now goes on with it.
      if (error instanceof Interrupted || error instanceof LeadershipLost) return undefined;
      if (error instanceof Abort && error.reason === "stopped") return { state: "stopped", reason: this.#stopReason };
      this.dependencies.log.error({ err: error, run: this.id }, "the run failed");
      return { state: "failed", reason: "the coordinator failed; see its log" };
    }
  }

  get #roundsPlanned(): number {
    return Object.values(this.plan.rounds).reduce((a, b) => a + b, 0);
  }

  get #course(): Course {
    const { task, taskHash } = this.row;
    return { task, taskHash, plan: this.plan, records: this.#records, charges: this.#charges };
  }

  /** Waits until `minimum` participants are here, and a little longer for more before the first round. */
  async #companyOf(minimum: number, signal: AbortSignal): Promise<void> {
    const first = this.#records.length === 0;
    const isHeld = () => this.#state === "held";
    const enough = () => !isHeld() && this.room.identities.length >= (first ? this.task.cohort.maximum : minimum);
    while (!enough() && !signal.aborted) {
      if (!isHeld() && this.room.identities.length < minimum) await this.#setState("waiting");
      const patience = !isHeld() && first && this.room.identities.length >= minimum ? gatheringMs : undefined;
      const count = this.room.identities.length;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
        if (patience !== undefined) setTimeout(resolve, patience);
      });
      if (patience !== undefined && !isHeld() && this.room.identities.length === count) return;
    }
  }

  /** One attempt of one round. @returns whether it was answered */
  async #ask(kind: Question["kind"], signal: AbortSignal): Promise<boolean> {
    const { runs, signer, deadlines, log } = this.dependencies;
    const env: CoordinatorEnv = { task: this.task, plan: this.plan, signer, ...bulkCrypto };
    const round = this.#records.filter((r) => r.state === "finished").length + 1;
    const attempt = this.nextAttempt;
    // Monotonic: the machine's clock may be set back under way.
    const began = performance.now();
    const question = compose(kind, this.#course, this.learner);
    const asked = asksFinalModel(kind) ? finalParameters(this.learner) : this.learner.parameters;
    const modelHash = await hashParameters(asked);
    const body: Announcement = {
      protocol: protocolVersion,
      run: this.id,
      round,
      attempt,
      taskHash: this.row.taskHash,
      question,
      modelHash,
    };
    const facts: RoundFacts = { round, attempt, question: kind, announcementHash: await announcementHash(body) };
    const announcement = await announce(env, body);
    const entry = await runs.openRound(this.id, facts, {
      kind: "announcement",
      run: this.id,
      round,
      attempt,
      question: kind,
      announcementHash: facts.announcementHash,
      modelHash,
      ...(this.dependencies.pagesHash && { pagesHash: this.dependencies.pagesHash }),
      ...(question.kind === "train" && question.clip && { clipNorm: question.clip.norm }),
    });
    const witnesses = this.task.witnesses;
    const trace = new RoundTrace(this.dependencies.tracer, this.id, facts);
    this.#phase(facts, "announce", 0);
    trace.step("announce");

    try {
      const witnessed = await this.dependencies.witnesses.sign(witnesses, "announcement", announcement);
      const open: OpenQuestion = { message: { announcement: witnessed, parameters: asked.slice().buffer }, entry };
      this.#open = open;
      const outcome = await conductRound(
        env,
        this.room,
        facts,
        deadlines,
        {
          announce: () => Promise.all(this.room.identities.map((identity) => this.#announceTo(identity, open))),
          onPhase: (phase, cohort) => {
            if (phase === "shares") this.#open = undefined;
            this.#phase(facts, phase, cohort);
          },
          onStep: (step, members) => trace.step(step, members),
          witness: (roster) => this.dependencies.witnesses.sign(witnesses, "roster", roster),
          charge: async () => {
            const { cohort } = this.#current!;
            const charge = chargeOf(this.#course, kind, { round, attempt, cohort });
            const answer = admit(this.#charges, charge, this.task.privacy);
            if (!answer.admitted) throw new Abort("budget-spent");
            this.#charges = [...this.#charges, charge];
            await runs.chargeRound(this.id, facts, charge, this.#spent());
          },
          elsewhere: (...round) => this.dependencies.elsewhere(this.id, this.room, trace.parent, ...round),
        },
        signal,
      );
      if (outcome.blamed.length > 0) log.warn({ run: this.id, round, blamed: outcome.blamed.length }, "false shares");
      await this.#finish(facts, question, asked, outcome, performance.now() - began, trace);
      trace.over(outcome);
      return true;
    } catch (error) {
      const lost = { cohort: this.#current?.cohort ?? 0, survivors: 0 };
      if (error instanceof Interrupted) {
        trace.over(lost, "interrupted");
        throw error;
      }
      const reason = error instanceof Abort ? error.reason : "coordinator-failed";
      if (error instanceof Abort && error.blamed.length > 0)
        log.warn({ run: this.id, round, attempt, blamed: error.blamed.length }, "false shares ended the round");
      if (!(error instanceof Abort)) log.error({ err: error, run: this.id, round, attempt }, "the round failed");
      const record: RoundRecord = {
        round,
        question: kind,
        state: "aborted",
        reason,
        ...lost,
        dropped: {},
        privacy: this.#spent(),
        modelHash,
        duration: performance.now() - began,
        finishedAt: new Date().toISOString(),
      };
      trace.over(lost, reason);
      await runs.abortRound(this.id, facts, record);
      this.#keep(record);
      this.nextAttempt = attempt + 1;
      this.room.send(this.room.identities, "abort", { announcementHash: facts.announcementHash, reason });
      if (error instanceof Abort && error.reason === "stopped") throw error;
      if (!(error instanceof Abort)) throw error;
      return false;
    } finally {
      this.#open = undefined;
      this.#phaseOver();
      this.#current = undefined;
      this.#changed();
    }
  }

  async #finish(
    facts: RoundFacts,
    question: Question,
    asked: Float32Array<ArrayBuffer>,
    outcome: RoundOutcome,
    duration: number,
    trace: RoundTrace,
  ): Promise<void> {
    const { runs } = this.dependencies;
    trace.step("read");
    const trainRound = answered(this.#records, "train") + 1;
    const { dimension } = outcome.plan.layout;
    const decoded =
      this.task.privacy.unit === "participant"
        ? decodeParticipants(outcome.sum, await rotationSigns(fromHex(facts.announcementHash), dimension))
        : outcome.sum;
    const summed = { sum: decoded, plan: outcome.plan, learner: this.learner };
    const { banded } = this.task.privacy;
    const { sum, plan, learner } =
      banded && question.kind === "train"
        ? withCorrelatedNoise(banded, this.plan.banded!, summed, outcome.survivors)
        : summed;
    const reading: Reading = readSum(
      this.task,
      plan,
      learner,
      question,
      { ...outcome, sum },
      {
        trainRound,
        privacy: this.#spent(),
        records: this.#records,
      },
    );
    const modelHash = await hashParameters(asksFinalModel(facts.question) ? asked : reading.learner.parameters);
    const record: RoundRecord = {
      round: facts.round,
      question: facts.question,
      state: "finished",
      cohort: outcome.cohort,
      survivors: outcome.survivors,
      dropped: outcome.dropped,
      privacy: this.#spent(),
      ...(reading.metrics && { metrics: reading.metrics }),
      ...(reading.classes && { classes: reading.classes }),
      ...(reading.ranking && { ranking: reading.ranking }),
      ...(reading.objective && { objective: reading.objective }),
      ...(reading.clip && { clip: reading.clip }),
      ...reading.explanation,
      modelHash,
      duration,
      finishedAt: new Date().toISOString(),
    };
    const sumHash = await hashSum(outcome.sum);
    const { rosterHash, survivors } = outcome;
    trace.step("commit");
    // Witnesses sign before the model moves: a round without their word is one more that is asked again.
    const result = await this.dependencies.witnesses.sign(
      this.task.witnesses,
      "result",
      await publishResult(
        { signer: this.dependencies.signer },
        { announcementHash: facts.announcementHash, rosterHash, survivors, sumHash, modelHash },
      ),
    );
    const { witnesses } = result;
    await runs.finishRound(this.id, facts, record, reading.learner, {
      rosterHash,
      sumHash,
      ...(witnesses && { witnesses }),
    });
    this.learner = reading.learner;
    this.modelHash = await hashParameters(finalParameters(reading.learner));
    this.nextAttempt = 1;
    this.#keep(record);
    this.room.send(this.room.identities, "result", result);
  }

  /** What is written is told: to the log, to the metrics. */
  #keep(record: RoundRecord): void {
    this.#records = [...this.#records, record];
    const { metrics, log } = this.dependencies;
    metrics.round(record);
    const { round, question, state, reason, cohort, survivors, dropped, duration } = record;
    log.info({ run: this.id, round, question, reason, cohort, survivors, dropped, duration }, `round ${state}`);
  }

  #spent(): PrivacyStatement {
    return spentOn(this.task, this.#charges, this.plan);
  }

  #phase(facts: RoundFacts, phase: NonNullable<RunDetail["current"]>["phase"], cohort: number): void {
    this.#phaseOver();
    this.#phaseBegan = performance.now();
    this.#current = { round: facts.round, question: facts.question, phase, cohort };
    this.#changed();
  }

  #phaseOver(): void {
    if (this.#current) this.dependencies.metrics.phase(this.#current.phase, performance.now() - this.#phaseBegan);
  }

  async #setState(state: RunState): Promise<void> {
    if (state === this.#state) return;
    this.#state = state;
    await this.dependencies.runs.setState(this.id, state);
    this.#changed();
  }

  async #end(state: "finished" | "stopped" | "failed", reason: string): Promise<void> {
    this.#state = state;
    this.#reason = reason;
    const modelHash = await hashParameters(this.parameters);
    const { context } = this;
    const entry = await this.dependencies.runs.end(this.id, {
      state,
      reason,
      modelHash,
      ...(context && { contextHash: await contextHash(context) }),
      privacy: this.#spent(),
      gates: this.gates(),
    });
    this.dependencies.log.info({ run: this.id, reason }, `run ${state}`);
    const { identities } = this.room;
    for (const identity of identities) {
      const model = context && { context, evidence: await this.#evidence(identity, entry) };
      this.room.send([identity], "ended", { state, reason, ...(model && { model }) });
    }
    this.#changed();
  }

  /** The task's gates against what is known now. */
  gates(): RunDetail["gates"] {
    return evaluateGates(this.task, this.#records, this.#spent());
  }

  #changed(): void {
    this.dependencies.onChange(this);
  }

  summary(): RunSummary {
    return {
      run: this.id,
      name: this.task.name,
      state: this.#state,
      ...(this.#reason !== undefined && { reason: this.#reason }),
      createdAt: this.row.createdAt,
      roundsDone: this.#records.filter((r) => r.state === "finished").length,
      roundsPlanned: this.#roundsPlanned,
      connected: this.room.identities.length,
      weakCohort: isWeakCohort(this.task),
      privacy: this.#spent(),
    };
  }

  detail(): RunDetail {
    const review = this.review(Date.now());
    return {
      ...this.summary(),
      task: this.task,
      taskHash: this.row.taskHash,
      invitation: this.#linkOf(this.row.invite),
      ...(this.#current && { current: this.#current }),
      rounds: [...this.#records],
      gates: this.gates(),
      ...(review && { review }),
      modelHash: this.modelHash,
    };
  }
}

export const newInvitation = (): string => randomBytes(16).toString("base64url");

/** The process is leaving; the run goes on when it is back. */
class Interrupted extends Error {}
