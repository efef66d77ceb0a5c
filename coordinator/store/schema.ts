/** The tables as they are now; migrations.ts makes them. */
import type { Kysely, Transaction } from "kysely";

export interface Schema {
  run: {
    id: string;
    state: string;
    reason: string | null;
    /** Canonical JSON */
    task: string;
    task_hash: string;
    invite: string;
    seed: number;
    /** ISO 8601 */
    created_at: string;
    /** ISO 8601; null while the run is not over */
    ended_at: string | null;
    /** Index of the run's own ledger entry */
    entry: number;
    /** Attempt at which the next round starts */
    attempt: number;
    parameters: Uint8Array;
    velocity: Uint8Array;
    average_sum: Uint8Array;
    averaged: number;
    /** JSON */
    controller: string;
    witness: string;
    profile: string | null;
    /** What correlated noise remembers: numbers of rounds and of sums, then sums, then releases, [dimension] f64 each */
    correlated: Uint8Array | null;
  };
  round: {
    run: string;
    round: number;
    attempt: number;
    question: string;
    state: "open" | "charged" | "finished" | "aborted";
    /** JSON Charge, from the moment it was charged */
    charge: string | null;
    /** JSON RoundRecord, when it is over */
    record: string | null;
    /** Order of events over all attempts */
    sequence: number;
  };
  ledger_leaf: { position: number; body: string };
  enrolment: { run: string; identity: string; enrolled_at: string };
  /** Each for one participant */
  invitation: {
    run: string;
    /** SHA-256 of its token, hex */
    hash: string;
    /** Who came with it; null before that, and after they were forgotten */
    identity: string | null;
    spent: boolean;
  };
  /** One row */
  leader: {
    /** How often somebody took over; see leader.ts */
    term: number;
    /** Ed25519, hex: signs this ledger, and no other key may. Null before the first start */
    coordinator_key: string | null;
  };
}

export type Database = Kysely<Schema>;
export type Tx = Transaction<Schema>;
