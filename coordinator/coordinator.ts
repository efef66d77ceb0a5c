/** The coordinator: its runs, its ledger, its keys. Carriers (sockets, http, the command) talk to this. */
import { randomBytes, randomInt } from "node:crypto";
import type { Tracer } from "@opentelemetry/api";
import type { Logger } from "pino";
import { toHex } from "../shared/canonical.ts";
import { InputError } from "../shared/errors.ts";
import { isReviewersOwn, type SignedStatement } from "../shared/governance/review.ts";
import { checkLedger, type LedgerFile } from "../shared/ledger/file.ts";
import { planOf } from "../shared/plan.ts";
import { hashParameters } from "../shared/round/0-announce.ts";
import type { Progress, RunDetail, RunSummary } from "../shared/run-record.ts";
import type { Identity } from "../shared/secure-sum/keys.ts";
import { spentOn } from "../shared/spent.ts";
import { type Task, taskHash } from "../shared/task.ts";
import { readTaskFile } from "../shared/task-file.ts";
import type { Keys } from "./access.ts";
import { type DocumentName, documentsOf } from "./governance/documents.ts";
import { startLearner } from "./learner.ts";
import { Metrics } from "./metrics.ts";
import type { Deadlines } from "./round.ts";
import { newInvitation, Run, type RunDependencies, type UploadsElsewhere } from "./run.ts";
import { OwnSeats } from "./seats.ts";
import { openDatabase, type Place } from "./store/database.ts";
import { accessKey, coordinatorIdentity } from "./store/keys.ts";
import type { Leader } from "./store/leader.ts";
import { Ledger } from "./store/ledger-store.ts";
import { Runs } from "./store/runs.ts";
import { Witnesses } from "./witness/witnesses.ts";

/** A reviewer's clock may be ahead of ours by as much, ms. */
const clockToleranceMs = 5 * 60_000;

/** How often it is looked whether a run has been over for as long as its participants may be known, ms. */
const forgettingMs = 600_000;
/** How long the database may take to say that it is there, ms. */
const databasePatienceMs = 2_000;

export class Coordinator {
  readonly #runs = new Map<string, Run>();
  #reviewing: Promise<unknown> = Promise.resolve();
  readonly witnesses = new Witnesses();
  readonly seats = new OwnSeats((id) => this.#runs.get(id));
  #leads = true;
  #forgetting: ReturnType<typeof setInterval> | undefined;
  readonly metrics = new Metrics(() => ({
    runs: this.summaries(),
    budgets: new Map([...this.#runs].map(([id, run]) => [id, run.task.privacy.epsilon])),
    ledgerEntries: this.ledger.size,
    leads: this.#leads,
  }));
  /** Where participants reach this coordinator; known once it listens */
  url = "";
  /** Where members are connected to other processes as well */
  elsewhere: UploadsElsewhere = async () => undefined;
  /** Called on every change of a run, for whoever watches */
  onRunChange: (detail: RunDetail) => void = () => {};
  /** Called as the phase under way moves on, a few times a second at most */
  onProgress: (run: string, progress: Progress) => void = () => {};

  private constructor(
    private readonly store: Runs,
    private readonly ledger: Ledger,
    private readonly identity: Identity,
    readonly keys: Keys,
    private readonly deadlines: Deadlines,
    private readonly pagesHash: string | undefined,
    private readonly leader: Leader,
    private readonly tracer: Tracer,
    private readonly log: Logger,
  ) {
    void leader.lost.then((reason) => {
      this.#leads = false;
      log.fatal({ reason }, "this coordinator may write no more");
    });
  }

  /** Opens what is kept, ends what a crash interrupted, and goes on with every run that is not over. */
  static async open(options: {
    place: Place;
    deadlines: Deadlines;
    /** Of the pages that are served with it */
    pagesHash?: string;
    tracer: Tracer;
    log: Logger;
  }): Promise<Coordinator> {
    const { place, deadlines, pagesHash, tracer, log } = options;
    const leader = await openDatabase(place);
    try {
      const identity = await coordinatorIdentity(place.dataDir);
      const ledger = await Ledger.open(leader, identity);
      const store = new Runs(leader, ledger);
      const rows = await store.list();
      await store.abortInterrupted((id, charges) => spentOn(rows.find((row) => row.id === id)!.task, charges));
      const keys = {
        operator: accessKey(place.dataDir, "operator"),
        researcher: accessKey(place.dataDir, "researcher"),
      };
      const coordinator = new Coordinator(store, ledger, identity, keys, deadlines, pagesHash, leader, tracer, log);
      for (const row of rows) coordinator.#runs.set(row.id, await Run.load(row, coordinator.#dependencies()));
      return coordinator;
    } catch (error) {
      await leader.close();
      throw error;
    }
  }

  /** Resolves when this process may write no more, with the reason: it should end, and be started again. */
  get lost(): Promise<string> {
    return this.leader.lost;
  }

  /** From here on runs wait for participants. */
  start(url: string): void {
    this.url = url;
    const forget = () =>
      this.store
        .forgetEnded(new Date())
        .catch((error: unknown) => this.log.error({ err: error }, "nobody was forgotten"));
    void forget();
    this.#forgetting = setInterval(forget, forgettingMs).unref();
    for (const run of this.#runs.values()) {
      this.#drive(run);
      this.#settleReview(run).catch((error: unknown) => this.log.error({ err: error, run: run.id }, "a review failed"));
    }
  }

  /** Why no run can go on at the moment; undefined when all is well */
  async unready(): Promise<string | undefined> {
    if (!this.#leads) return "another process leads, or the database is lost";
    const late = new Promise<string>((resolve) => setTimeout(resolve, databasePatienceMs, "the database is slow"));
    const answer = this.leader.db.selectFrom("leader").select("term").execute();
    return Promise.race([late, answer.then(() => undefined).catch(() => "the database does not answer")]);
  }

  #dependencies(): RunDependencies {
    return {
      runs: this.store,
      ledger: this.ledger,
      signer: this.identity,
      publicKey: this.publicKey,
      pagesHash: this.pagesHash,
      witnesses: this.witnesses,
      elsewhere: (...round) => this.elsewhere(...round),
      deadlines: this.deadlines,
      metrics: this.metrics,
      tracer: this.tracer,
      url: () => this.url,
      onChange: (run) => this.onRunChange(run.detail()),
      onProgress: (run, progress) => this.onProgress(run.id, progress),
      log: this.log,
    };
  }

  #drive(run: Run): void {
    if (run.isOver || run.isProposed) return;
    run.start().catch((error: unknown) => this.log.error({ err: error, run: run.id }, "a run could not be driven"));
  }

  /** Ed25519, hex */
  get publicKey(): string {
    return toHex(this.identity.publicKey);
  }

  run(id: string): Run | undefined {
    return this.#runs.get(id);
  }

  summaries(): RunSummary[] {
    return [...this.#runs.values()].map((run) => run.summary()).reverse();
  }

  /** What anyone may know of open runs: names and purposes, no invitation. */
  openRuns(): (Pick<Task, "name" | "purpose" | "purposeIn"> & { run: string })[] {
    return [...this.#runs.values()]
      .filter((run) => !run.isOver && !run.isProposed)
      .map(({ id, task: { name, purpose, purposeIn } }) => ({
        run: id,
        name,
        purpose,
        ...(purposeIn && { purposeIn }),
      }));
  }

  /** @param yaml the task file's text @throws TaskFileError, InputError */
  async launch(yaml: string, seed: number = randomInt(2 ** 31)): Promise<RunDetail> {
    return (await this.launchTask(readTaskFile(yaml, "task"), seed)).detail();
  }

  async launchTask(task: Task, seed: number): Promise<Run> {
    // Fails here, before anything is written, when no noise can keep the promise.
    planOf(task);
    const id = randomBytes(6).toString("hex");
    const row = await this.store.create(
      {
        id,
        task,
        taskHash: await taskHash(task),
        invite: newInvitation(),
        seed,
        createdAt: new Date().toISOString(),
      },
      startLearner(task, seed),
    );
    const run = await Run.load(row, this.#dependencies());
    this.#runs.set(id, run);
    this.#drive(run);
    this.onRunChange(run.detail());
    return run;
  }

  /**
   * A reviewer's signed word: into the ledger first, then to its effect. The last missing approval launches the task.
   * @throws InputError for what is not signed by a reviewer whom the task names, or comes too late
   */
  review(id: string, statement: SignedStatement): Promise<RunDetail> {
    // One at a time: two last approvals at once must not launch twice.
    const turn = this.#reviewing.then(async () => {
      const run = this.#runs.get(id);
      const { body } = statement;
      if (!run?.task.review) throw new InputError("run", `${id} has no review`, "Name a run whose task has reviewers.");
      const { taskHash } = run.stored;
      if (!(await isReviewersOwn(run.task, { run: id, taskHash }, statement)))
        throw new InputError(
          "statement",
          "is not signed, for this run and task, by a reviewer whom the task names",
          "Sign with the key that stands in the task.",
        );
      const { at, decision } = body;
      const earlier = run.reviews.filter((other) => other.body.reviewer === body.reviewer).at(-1)?.body.at;
      if (earlier !== undefined && at <= earlier)
        throw new InputError("at", `is ${at}, and the same reviewer signed at ${earlier}`, "Sign again, now.");
      if (Date.parse(at) > Date.now() + clockToleranceMs)
        throw new InputError("at", `is ${at}, which is still to come`, "Set the clock right and sign again.");
      if (decision === "reject" && !run.isProposed)
        throw new InputError("decision", "is reject, and the task was launched or is over", "Withdraw instead.");
      if (decision === "withdraw" && run.isProposed)
        throw new InputError("decision", "is withdraw, and the task was not launched", "Reject it instead.");
      if (decision === "except" && !(run.isOver && run.detail().modelHash === body.modelHash))
        throw new InputError("modelHash", "is not the model of a run that is over", "Except the model it ended with.");
      await this.store.review(id, statement);
      run.takeReview(statement);
      await this.#settleReview(run);
      return this.#runs.get(id)!.detail();
    });
    this.#reviewing = turn.catch(() => {});
    return turn;
  }

  /** Lets a review have its effect; again at every start, since a crash may have come between. */
  async #settleReview(run: Run): Promise<void> {
    const now = Date.now();
    const review = run.review(now);
    if (review?.state === "rejected" || review?.state === "withdrawn") {
      const { name } = review.reviewers.find(({ decision }) => decision === "reject" || decision === "withdraw")!;
      return run.stop(`${review.state} by ${name}`);
    }
    if (!run.isProposed || review?.state !== "approved") return;
    const approvals = run.task.review!.reviewers.map(
      ({ key }) => run.reviews.filter(({ body }) => body.reviewer === key).at(-1)!,
    );
    const row = await this.store.launch(run.stored, approvals, new Date(now).toISOString());
    const launched = await Run.load(row, this.#dependencies());
    this.#runs.set(row.id, launched);
    this.#drive(launched);
    this.onRunChange(launched.detail());
  }

  exportLedger(): Promise<LedgerFile> {
    return this.ledger.export();
  }

  ledgerFile(path: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.ledger.file(path);
  }

  async document(run: Run, name: DocumentName): Promise<string> {
    const ledger = await this.ledger.export();
    return documentsOf(run.id, ledger.checkpoint, await checkLedger(ledger))[name];
  }

  /** Notes an export in the ledger. @throws InputError while a gate is not met: a held model does not leave */
  async noteExport(run: Run, format: string): Promise<void> {
    if (!run.isOver) throw new InputError("run", `${run.id} is not over`, "Wait for its end, or stop it.");
    const now = Date.now();
    const modelHash = await hashParameters(run.parameters);
    const review = run.review(now);
    if (review && review.state !== "approved")
      throw new InputError(
        "run",
        `${run.id} is held back: its review is ${review.state}`,
        "Ask its reviewers to sign.",
      );
    const held = run.gates().filter((gate) => gate.met !== true);
    if (held.length > 0 && !review?.excepted.includes(modelHash)) {
      const names = held.map(
        ({ gate, value }) => `${gate.metric} is ${value === null ? "not measured" : value.toPrecision(3)}`,
      );
      throw new InputError(
        "run",
        `${run.id} is held back by its gates: ${names.join("; ")}`,
        review
          ? "Ask its reviewers to sign an exception, or train again."
          : "Train again, or launch a task with other gates.",
      );
    }
    await this.ledger.append([
      {
        kind: "export",
        run: run.id,
        modelHash,
        format,
        at: new Date(now).toISOString(),
      },
    ]);
  }

  /**
   * Forgets a participant: enrolments go, seats are given up; that somebody withdrew from a run, not who, is in the ledger.
   * @returns the runs that knew them
   */
  async erase(identity: string): Promise<string[]> {
    const runs = await this.store.enrolmentsOf(identity);
    const at = new Date().toISOString();
    for (const run of runs) {
      await this.store.withdraw(run, identity, at);
      this.#runs.get(run)?.room.expel(identity);
    }
    return runs;
  }

  /** Rounds under way are given up, with nothing revealed; runs go on at the next start. */
  async close(): Promise<void> {
    clearInterval(this.#forgetting);
    await Promise.all([...this.#runs.values()].map((run) => run.interrupt()));
    await this.leader.close();
  }
}
