/**
 * What the tab's worker shows the page. The page draws it and decides nothing.
 */
import type { Problem as RowProblem } from "../../shared/data/rows.ts";
import type { Change } from "../../shared/explain/counterfactual.ts";
import type { ExplainMethod } from "../../shared/explain/explain.ts";
import type { ProofFile } from "../../shared/ledger/proof.ts";
import type { Phase, PrivacyStatement, QuestionKind } from "../../shared/run-record.ts";
import type { Task } from "../../shared/task.ts";
import type { Chosen } from "../data/gather.ts";

/** An upload, as the person may inspect it: nothing else of the answer ever left the tab. */
export interface SentVector {
  round: number;
  question: QuestionKind;
  /** ISO 8601 */
  at: string;
  bytes: number;
  /** Number of integers and the bits of each */
  dimension: number;
  bits: number;
  /** First integers of the masked vector */
  head: number[];
  /** First bytes as they left, packed */
  bytesHead: number[];
  sha256: string;
  /** Personal balance after this upload, ε at the task's δ */
  epsilonAfter: number;
}

/** The last answer on its way out, by its first integers: what it was, with its noise, with its masks. Stays in the tab. */
export interface Glimpse {
  round: number;
  question: QuestionKind;
  encoded: number[];
  noised: number[];
  masked: number[];
  bits: number;
  dimension: number;
  cohort: number;
}

/** Columns a task needs and a file has not, by that name at least. */
export interface ColumnMatch {
  fileName: string;
  /** Needed column → the file's that it may be */
  guesses: Record<string, string>;
  missing: string[];
  /** The file's columns that the task does not name, each with its first cells */
  candidates: { column: string; cells: string[] }[];
}

/** Why a tab sits out rounds by its owner's wish. */
export type Resting = "paused" | "battery" | "in-use";

export interface DataSummary {
  fileName: string;
  rows: number;
  /** Rows of the tab's own held-back part */
  heldBack: number;
  /** Problems of the file, first ones, with row numbers; the tab goes on without those rows */
  problems: { row: number; column: string; code: ProblemCode; found: string }[];
  problemCount: number;
  /** Columns that were dropped because the task calls them identifiers or does not name them */
  droppedColumns: string[];
  /** Of choices: how many the catalogue knows, each counted once, and the title of the last one, which is held back */
  choices?: { known: number; last: string };
  /** First rows, for the eye only: never leaves the tab */
  preview: { columns: string[]; rows: string[][] };
  /** Smallest number of rows that share all quasi-identifiers, and how many rows are unique in them */
  anonymity: { k: number; unique: number; columns: string[] };
}

export type ProblemCode = RowProblem["code"] | "missing-column" | "ragged-row";

export type TabState =
  /** the page has opened; no task yet */
  | "connecting"
  /** the task is shown; data not chosen */
  | "choosing"
  /** data chosen and shown; consent not given */
  | "consenting"
  /** waiting for a round */
  | "waiting"
  /** the kernels compute an answer */
  | "computing"
  /** in a cohort: keys, shares, upload, unmasking */
  | "summing"
  /** the run is over */
  | "finished"
  /** the person left */
  | "left"
  /** the tab's own check refused to go on; see `refusal` */
  | "declined"
  /** something broke; see `refusal` */
  | "failed";

export interface TabSnapshot {
  state: TabState;
  /** A code with a text in the i18n catalogues, with the details to fill in */
  refusal?: { code: string; details: Record<string, string | number> };
  task?: Task;
  taskHash?: string;
  weakCohort?: boolean;
  /** The coordinator has public rows for who has none */
  hasSample?: boolean;
  data?: DataSummary;
  adapter?: string;
  /** Of a task that names a file: how much of it is here, bytes; of an encoder also how many of the tab's texts it has read */
  encoder?: { loaded: number; total?: number; texts?: number };
  /** How many of the chosen images are read, while they are */
  decoding?: { done: number; total: number };
  /** The round in progress */
  round?: { round: number; question: QuestionKind; phase: Phase; cohort: number };
  roundsDone: number;
  roundsPlanned: number;
  /** What this identity has spent on this task, and what it may spend */
  balance?: { spent: PrivacyStatement; budget: PrivacyStatement; thisRound: number };
  sent: SentVector[];
  bytesSent: number;
  glimpse?: Glimpse;
  /** All that was put on the wire, by kind of message */
  traffic: Record<string, { messages: number; bytes: number }>;
  /** Set while the columns of a file wait to be named */
  columns?: ColumnMatch;
  resting?: Resting;
  secondsLeft?: number;
  /** Rows that can be explained, once the run has ended with a model that was evaluated */
  explainable?: number;
  /** Whether the model can be tried on texts, once the run has ended with one that was evaluated */
  triable?: boolean;
  /** Whether the model can be tried on images, once the run has ended with one that was evaluated */
  lookable?: boolean;
  /** Whether the model can recommend something, once the run has ended with one that was evaluated */
  recommends?: boolean;
  /** Last verified ledger checkpoint */
  checkpoint?: { size: number; root: string };
  /** Connected to the coordinator */
  online: boolean;
  /** The last try to reach it failed, or the connection broke; tried again by itself */
  unreachable?: boolean;
}

/** One of the tab's own rows, explained in the tab. */
export interface OwnRow {
  /** 1-based, of the rows that could be read */
  row: number;
  cells: { column: string; value: string | number | null }[];
  selected: boolean;
  probability: number;
  method: ExplainMethod;
  unit: "logit" | "probability";
  /** What the columns add to the score of an average row, most weighty first */
  attributions: Record<string, number>;
  /** Of a refusal: at most four principal reasons, columns, most weighty first */
  reasons: string[];
  /** The fewest changes that would have turned the decision; null where none were found */
  changes: Change[] | null;
}

/** What the model makes of a text that somebody wrote. */
export type Tried =
  | {
      /** Most likely first; of two outcomes, both */
      outcomes: { name: string; probability: number }[];
      /** What each word adds to the probability of the likeliest, by LIME, most weighty first */
      words: { word: string; weight: number }[];
    }
  /** The text in parts, of which those with a type are names */
  | { parts: { text: string; type?: string }[] };

/** What the model makes of one of the tab's images. */
export interface Seen {
  /** Most likely first; of two outcomes, both */
  outcomes: { name: string; probability: number }[];
  /** What each patch adds to the probability of the likeliest: see shared/explain/occlusion.ts */
  weights: number[];
}

/** What the page may ask of the worker. */
export interface TabWorker {
  /** Calls back with every new snapshot. */
  start(
    options: { url: string; run: string; invite: string },
    onSnapshot: (snapshot: TabSnapshot) => void,
  ): Promise<void>;
  chooseFiles(chosen: Chosen[]): Promise<void>;
  chooseSample(): Promise<void>;
  /** @param named needed column → the file's */
  nameColumns(named: Record<string, string>): Promise<void>;
  consent(): Promise<void>;
  /** Sits out rounds for a reason, or takes part again */
  rest(reason: Resting | undefined): Promise<void>;
  /** @param share of the time the adapter may work, 0 … 1 */
  pace(share: number): Promise<void>;
  /** The last vector that left, as it left */
  lastBytes(): Promise<Uint8Array | undefined>;
  /** @param row 1-based, up to `explainable` */
  explain(row: number, method: ExplainMethod): Promise<OwnRow>;
  /** Nothing of the text leaves the tab. Where `triable` */
  tryText(text: string): Promise<Tried>;
  /** @param cell one of the preview's images. Nothing of it leaves the tab. Where `lookable` */
  tryImage(cell: string): Promise<Seen>;
  /** Titles of what the model recommends for the tab's own choices, best first. Nothing leaves the tab. Where `recommends` */
  recommend(): Promise<string[]>;
  /** All that this browser holds about the person for this run, and the proof that the last question is in the ledger */
  held(): Promise<{ held: unknown; proof: ProofFile | undefined }>;
  /** Ends taking part. A round under way loses this tab as a dropout; nothing of it is revealed. */
  leave(): Promise<void>;
}
