/** Runs and rounds in the database, each step with its ledger entry in one transaction. */

import { createHash } from "node:crypto";
import { InputError } from "../../shared/errors.ts";
import type { SignedStatement } from "../../shared/governance/review.ts";
import type { LedgerEntry } from "../../shared/ledger/entries.ts";
import type { Charge } from "../../shared/privacy/balance.ts";
import type { BandedState } from "../../shared/privacy/banded.ts";
import type { RoundFacts } from "../../shared/round/round.ts";
import type { PrivacyStatement, RoundRecord, RunDetail, RunState } from "../../shared/run-record.ts";
import { retentionDaysOf, type Task } from "../../shared/task.ts";
import { asTask } from "../../shared/task-rules.ts";
import type { Learner } from "../learner.ts";
import type { Leader } from "./leader.ts";
import type { Ledger } from "./ledger-store.ts";
import type { Database, Schema, Tx } from "./schema.ts";

/** @throws InputError for a run of another version, whose promises this one could not keep */
function storedTask(run: string, task: string): Task {
  try {
    return asTask(JSON.parse(task));
  } catch (error) {
    const { field, problem } = error as InputError;
    throw new InputError(
      "--data-dir",
      `holds the run ${run} of another version of Murmur (${field}: ${problem})`,
      "Use that version for it, or another data folder for this one.",
    );
  }
}

export interface RunRow {
  id: string;
  task: Task;
  taskHash: string;
  invite: string;
  seed: number;
  state: RunState;
  reason: string | null;
  createdAt: string;
  /** Place of the run's own entry in the ledger */
  entry: number;
}

export class Runs {
  constructor(
    private readonly leader: Leader,
    private readonly ledger: Ledger,
  ) {}

  get #db(): Database {
    return this.leader.db;
  }

  /** A task whose reviewers have yet to sign is only proposed. */
  async create(run: Omit<RunRow, "entry" | "state" | "reason">, learner: Learner): Promise<RunRow> {
    const { id, task, taskHash, seed, createdAt } = run;
    const state = task.review ? "proposed" : "waiting";
    const about = { run: id, taskHash, task: task as never };
    const entry: LedgerEntry = task.review
      ? { kind: "proposal", ...about, at: createdAt }
      : { kind: "run", ...about, seed, startedAt: createdAt };
    const first = await this.ledger.append([entry], async (tx, first) => {
      await tx
        .insertInto("run")
        .values({
          id,
          state,
          reason: null,
          task: JSON.stringify(task),
          task_hash: taskHash,
          invite: run.invite,
          seed,
          created_at: createdAt,
          ended_at: null,
          entry: first,
          attempt: 1,
          ...learnerColumns(learner),
        })
        .execute();
    });
    return { ...run, state, reason: null, entry: first };
  }

  /** A proposed task whose reviewers all approve. Refuses a run in any other state: none is launched twice. */
  async launch(row: RunRow, approvals: SignedStatement[], startedAt: string): Promise<RunRow> {
    const { id, task, taskHash, seed } = row;
    const entry: LedgerEntry = { kind: "run", run: id, taskHash, task: task as never, seed, startedAt, approvals };
    const first = await this.ledger.append([entry], async (tx, first) => {
      const { numUpdatedRows } = await tx
        .updateTable("run")
        .set({ state: "waiting", entry: first })
        .where("id", "=", id)
        .where("state", "=", "proposed")
        .executeTakeFirstOrThrow();
      if (numUpdatedRows !== 1n) throw new Error(`run ${id} is not proposed`);
    });
    return { ...row, state: "waiting", entry: first };
  }

  async review(run: string, statement: SignedStatement): Promise<void> {
    await this.ledger.append([{ kind: "review", run, statement }]);
  }

  /** What reviewers have signed, in its order. The ledger is where it is kept. */
  async statements(run: string): Promise<SignedStatement[]> {
    const entries = await this.ledger.entriesOf(run);
    return entries.flatMap((entry) => (entry.kind === "review" ? [entry.statement] : []));
  }

  async list(): Promise<RunRow[]> {
    const rows = await this.#db
      .selectFrom("run")
      .select(["id", "task", "task_hash", "invite", "seed", "state", "reason", "created_at", "entry"])
      .orderBy("created_at")
      .execute();
    return rows.map((row) => ({
      id: row.id,
      task: storedTask(row.id, row.task),
      taskHash: row.task_hash,
      invite: row.invite,
      seed: row.seed,
      state: row.state as RunState,
      reason: row.reason,
      createdAt: row.created_at,
      entry: row.entry,
    }));
  }

  async loadState(run: string): Promise<{ learner: Learner; attempt: number }> {
    const row = await this.#db.selectFrom("run").selectAll().where("id", "=", run).executeTakeFirstOrThrow();
    return { learner: learnerOf(row), attempt: row.attempt };
  }

  async records(run: string): Promise<RoundRecord[]> {
    const rows = await this.#db
      .selectFrom("round")
      .select("record")
      .where("run", "=", run)
      .where("record", "is not", null)
      .orderBy("sequence")
      .execute();
    return rows.map((row) => JSON.parse(row.record!));
  }

  async charges(run: string): Promise<Charge[]> {
    const rows = await this.#db
      .selectFrom("round")
      .select("charge")
      .where("run", "=", run)
      .where("charge", "is not", null)
      .orderBy("sequence")
      .execute();
    return rows.map((row) => JSON.parse(row.charge!));
  }

  /** Remembers who may take part; a second time is no news. */
  async enrol(run: string, identity: string): Promise<void> {
    await this.leader.write((tx) =>
      tx
        .insertInto("enrolment")
        .values({ run, identity, enrolled_at: new Date().toISOString() })
        .onConflict((c) => c.doNothing())
        .execute(),
    );
  }

  /** Their hashes only: whoever reads the database cannot use them. */
  async addInvitations(run: string, tokens: readonly string[]): Promise<void> {
    const values = tokens.map((token) => ({ run, hash: invitationHash(token), identity: null, spent: false }));
    await this.leader.write((tx) => tx.insertInto("invitation").values(values).execute());
  }

  async hasInvitations(run: string): Promise<boolean> {
    const any = await this.#db
      .selectFrom("invitation")
      .select("run")
      .where("run", "=", run)
      .limit(1)
      .executeTakeFirst();
    return any !== undefined;
  }

  /** The first to come with it keeps it, and may come back with it. */
  async useInvitation(run: string, token: string, identity: string): Promise<boolean> {
    const hash = invitationHash(token);
    const known = await this.#db
      .selectFrom("invitation")
      .select(["identity", "spent"])
      .where("run", "=", run)
      .where("hash", "=", hash)
      .executeTakeFirst();
    // Whoever only guesses causes no commit.
    if (!known || known.spent) return known?.identity === identity;
    return this.leader.write(async (tx) => {
      const { numUpdatedRows } = await tx
        .updateTable("invitation")
        .set({ identity, spent: true })
        .where("run", "=", run)
        .where("hash", "=", hash)
        .where("spent", "=", false)
        .executeTakeFirstOrThrow();
      return numUpdatedRows === 1n;
    });
  }

  /** Forgets who took part; nothing happens where nobody is known. */
  async withdraw(run: string, identity: string, at: string): Promise<void> {
    const known = await this.#db
      .selectFrom("enrolment")
      .select("identity")
      .where("run", "=", run)
      .where("identity", "=", identity)
      .executeTakeFirst();
    if (!known) return;
    await this.ledger.append([{ kind: "withdrawal", run, at }], async (tx) => {
      await tx.deleteFrom("enrolment").where("run", "=", run).where("identity", "=", identity).execute();
      // Used up, and nobody knows by whom.
      await tx
        .updateTable("invitation")
        .set({ identity: null })
        .where("run", "=", run)
        .where("identity", "=", identity)
        .execute();
    });
  }

  /** The runs that remember somebody. */
  async enrolmentsOf(identity: string): Promise<string[]> {
    const rows = await this.#db
      .selectFrom("enrolment")
      .select("run")
      .where("identity", "=", identity)
      .orderBy("enrolled_at")
      .execute();
    return rows.map(({ run }) => run);
  }

  /** Forgets everybody who took part in a run that has been over for as long as its task allows. */
  async forgetEnded(now: Date): Promise<void> {
    const rows = await this.#db
      .selectFrom("run")
      .select(["id", "task", "ended_at"])
      .where("ended_at", "is not", null)
      .where((eb) => eb.exists(eb.selectFrom("enrolment").select("run").whereRef("enrolment.run", "=", "run.id")))
      .execute();
    for (const { id, task, ended_at } of rows) {
      const until = Date.parse(ended_at!) + retentionDaysOf(storedTask(id, task)) * 86_400_000;
      if (until > now.getTime()) continue;
      await this.ledger.append([{ kind: "retention", run: id, at: now.toISOString() }], async (tx) => {
        await tx.deleteFrom("enrolment").where("run", "=", id).execute();
        await tx.updateTable("invitation").set({ identity: null }).where("run", "=", id).execute();
      });
    }
  }

  async setState(run: string, state: RunState): Promise<void> {
    await this.leader.write((tx) => tx.updateTable("run").set({ state }).where("id", "=", run).execute());
  }

  /** @returns place of the announcement in the ledger */
  openRound(run: string, facts: RoundFacts, entry: LedgerEntry): Promise<number> {
    return this.ledger.append([entry], async (tx, first) => {
      await tx
        .insertInto("round")
        .values({
          run,
          round: facts.round,
          attempt: facts.attempt,
          question: facts.question,
          state: "open",
          charge: null,
          record: null,
          // The ledger only grows, so an entry's place orders everything.
          sequence: first,
        })
        .execute();
    });
  }

  /** Before anything can be decoded. Refuses an attempt that is not open: it may have been charged before. */
  async chargeRound(run: string, facts: RoundFacts, charge: Charge, privacy: PrivacyStatement): Promise<void> {
    const entry: LedgerEntry = {
      kind: "charge",
      run,
      round: facts.round,
      attempt: facts.attempt,
      question: charge.question,
      portion: charge.portion,
      ...charge.event,
      honest: charge.honest,
      privacy,
    };
    await this.ledger.append([entry], async (tx) => {
      await advance(tx, run, facts, ["open"], { state: "charged", charge: JSON.stringify(charge) });
    });
  }

  /** Model, record and ledger at once; refuses an attempt that is not charged, so no sum counts twice. */
  async finishRound(
    run: string,
    facts: RoundFacts,
    record: RoundRecord,
    learner: Learner,
    result: { rosterHash: string; sumHash: string; witnesses?: string[] },
  ): Promise<void> {
    const entry: LedgerEntry = { kind: "round", run, round: facts.round, attempt: facts.attempt, record, ...result };
    await this.ledger.append([entry], async (tx) => {
      await advance(tx, run, facts, ["charged"], { state: "finished", record: JSON.stringify(record) });
      await tx
        .updateTable("run")
        .set({ attempt: 1, ...learnerColumns(learner) })
        .where("id", "=", run)
        .execute();
    });
  }

  /** Refuses an attempt that is over: what was decoded cannot be taken back. */
  async abortRound(run: string, facts: Place, record: RoundRecord): Promise<void> {
    const entry: LedgerEntry = { kind: "abort", run, round: facts.round, attempt: facts.attempt, record };
    await this.ledger.append([entry], async (tx) => {
      await advance(tx, run, facts, ["open", "charged"], { state: "aborted", record: JSON.stringify(record) });
      await tx
        .updateTable("run")
        .set({ attempt: facts.attempt + 1 })
        .where("id", "=", run)
        .execute();
    });
  }

  async end(
    run: string,
    end: {
      state: "finished" | "stopped" | "failed";
      reason: string;
      modelHash: string;
      contextHash?: string;
      privacy: PrivacyStatement;
      gates: RunDetail["gates"];
    },
  ): Promise<number> {
    return this.ledger.append([{ kind: "end", run, ...end, gates: end.gates as never }], async (tx) => {
      const ended = { state: end.state, reason: end.reason, ended_at: new Date().toISOString() };
      await tx.updateTable("run").set(ended).where("id", "=", run).execute();
    });
  }

  /**
   * After a crash: attempts that were under way are over, with nothing revealed. What they had charged stays charged.
   * A run that is over stays as it ended.
   */
  async abortInterrupted(privacyOf: (run: string, charges: Charge[]) => PrivacyStatement): Promise<void> {
    const rows = await this.#db
      .selectFrom("round")
      .innerJoin("run", "run.id", "round.run")
      .selectAll("round")
      .where("round.state", "in", ["open", "charged"])
      .where("run.state", "in", ["waiting", "held", "running"])
      .orderBy("sequence")
      .execute();
    for (const row of rows) {
      const announced = await this.#db
        .selectFrom("ledger_leaf")
        .select("body")
        .where("position", "=", row.sequence)
        .executeTakeFirstOrThrow();
      const record: RoundRecord = {
        round: row.round,
        question: row.question as RoundRecord["question"],
        state: "aborted",
        reason: "coordinator-restarted",
        cohort: 0,
        survivors: 0,
        dropped: {},
        privacy: privacyOf(row.run, await this.charges(row.run)),
        modelHash: (JSON.parse(announced.body) as { modelHash: string }).modelHash,
        duration: 0,
        finishedAt: new Date().toISOString(),
      };
      await this.abortRound(row.run, row, record);
    }
  }
}

const invitationHash = (token: string): string => createHash("sha256").update(token).digest("hex");

type Place = Pick<RoundFacts, "round" | "attempt">;

/** Moves one attempt from a state to the next, and only from those named. */
async function advance(
  tx: Tx,
  run: string,
  facts: Place,
  from: readonly Schema["round"]["state"][],
  change: Partial<Schema["round"]>,
): Promise<void> {
  const { numUpdatedRows } = await tx
    .updateTable("round")
    .set(change)
    .where("run", "=", run)
    .where("round", "=", facts.round)
    .where("attempt", "=", facts.attempt)
    .where("state", "in", from)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows !== 1n)
    throw new Error(`attempt ${facts.attempt} of round ${facts.round} is not ${from.join(" or ")}`);
}

type LearnerColumns = Pick<
  Schema["run"],
  "parameters" | "velocity" | "average_sum" | "averaged" | "controller" | "witness" | "profile" | "correlated"
>;

const bytesOf = (array: Float32Array | Float64Array) =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength).slice();

function learnerColumns(learner: Learner): LearnerColumns {
  return {
    parameters: bytesOf(learner.parameters),
    velocity: bytesOf(learner.velocity),
    average_sum: bytesOf(learner.averageSum),
    averaged: learner.averaged,
    controller: JSON.stringify(learner.controller),
    witness: JSON.stringify(learner.witness),
    profile: learner.profile ? JSON.stringify(learner.profile) : null,
    correlated: learner.correlated ? correlatedBytes(learner.correlated) : null,
  };
}

function correlatedBytes({ rounds, sums, released }: BandedState): Uint8Array {
  const vectors = [...sums, ...released];
  const length = vectors[0]?.length ?? 0;
  const all = new Float64Array(2 + vectors.length * length);
  all.set([rounds, sums.length]);
  for (const [i, vector] of vectors.entries()) all.set(vector, 2 + i * length);
  return bytesOf(all);
}

function correlatedOf(bytes: Uint8Array): BandedState {
  const all = new Float64Array(new Uint8Array(bytes).buffer);
  const [rounds, kept] = [all[0]!, all[1]!];
  const length = (all.length - 2) / (2 * kept);
  const vector = (i: number) => all.slice(2 + i * length, 2 + (i + 1) * length);
  const of = (from: number) => Array.from({ length: kept }, (_, i) => vector(from + i));
  return { rounds, sums: of(0), released: of(kept) };
}

/** Before several penalties could be held at once, one pair of multipliers had no name. */
function storedController(text: string): Learner["controller"] {
  const { multipliers = {}, groupWeights = [], histogram, rounds } = JSON.parse(text);
  return { multipliers, groupWeights, histogram, rounds };
}

function learnerOf(row: LearnerColumns): Learner {
  // A fresh copy each: the database's bytes need not lie on a multiple of eight.
  const buffer = (bytes: Uint8Array) => new Uint8Array(bytes).buffer;
  return {
    parameters: new Float32Array(buffer(row.parameters)),
    velocity: new Float64Array(buffer(row.velocity)),
    averageSum: new Float64Array(buffer(row.average_sum)),
    averaged: row.averaged,
    controller: storedController(row.controller),
    witness: JSON.parse(row.witness),
    profile: row.profile === null ? undefined : JSON.parse(row.profile),
    ...(row.correlated && { correlated: correlatedOf(row.correlated) }),
  };
}
