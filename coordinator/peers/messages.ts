/** What the processes of one coordinator say to each other, sealed (seal.ts). */

import type { SpanContext } from "@opentelemetry/api";
import type { DropReason } from "../../shared/round/reasons.ts";
import type { Signed } from "../../shared/round/signed.ts";
import type { WitnessedKind } from "../../shared/round/witnessed.ts";
import type { Joining, SeatedEvent } from "../seats.ts";

/** A question is answered with its number, and nothing where answering failed. */
export interface Answer {
  kind: "answer";
  ask: number;
  answer?: unknown;
}

/** A request of the API, or its answer, without what only a proxy looks at */
export interface Relayed {
  headers: [string, string][];
  body: Uint8Array;
}

/** Seats are numbered by the process that has the connection. */
export type ToLeader =
  | Answer
  | { kind: "join"; ask: number; seat: number; who: Joining }
  | { kind: "receive"; ask: number; seat: number; event: SeatedEvent; message: unknown }
  | { kind: "left"; seat: number }
  /** The vector of this seat is in the partial sum that is kept */
  | { kind: "kept"; seat: number }
  | { kind: "dropped"; seat: number; reason: DropReason }
  | { kind: "request"; ask: number; request: Relayed & { method: string; path: string } }
  | { kind: "watch"; isWatched: boolean }
  | { kind: "witness"; witness: number; key: string }
  | { kind: "witness-left"; witness: number };

/** All that a process needs to take vectors of its own members. */
export interface UploadOrder {
  run: string;
  /** The leader's span of the round */
  trace: SpanContext;
  /** Of the partial sum */
  name: string;
  rosterHash: string;
  deliveryHash: string;
  dimension: number;
  bits: number;
  /** Member and seat */
  members: [number, number][];
  /** How long all of them may take, and one between two pieces, ms */
  deadlines: { masked: number; piece: number };
}

export type ToFollower =
  | Answer
  /** A model is apart from the rest of its message, and empty where it is the one that was sent last. */
  | { kind: "send"; seats: number[]; event: string; message: unknown[]; parameters?: ArrayBuffer }
  | { kind: "close"; seat: number }
  | { kind: "uploads"; order: UploadOrder }
  | { kind: "uploads-over"; name: string }
  | { kind: "console"; event: "run" | "progress"; run: string; what: unknown }
  | { kind: "ask-witness"; ask: number; witness: number; about: WitnessedKind; message: Signed<unknown> }
  /** Something was lost on the way, or this process counts as gone: all its connections begin anew. */
  | { kind: "reset" };
