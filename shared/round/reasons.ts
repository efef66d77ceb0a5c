/** Every way out of a round before its end. A code is never re-used; pages have a text with the remedy for each. */

/** Why a tab's own check ends the round for that tab. */
export type DeclineReason =
  | "version-mismatch"
  | "signature-invalid"
  | "task-changed"
  | "plan-mismatch"
  | "model-hash-mismatch"
  | "checkpoint-forked"
  | "not-in-ledger"
  | "not-reviewed"
  | "witness-missing"
  | "roster-too-small"
  | "roster-invalid"
  | "share-invalid"
  | "budget-spent"
  | "survivors-too-few"
  | "survivors-split"
  | "already-answered"
  | "round-too-near"
  | "protocol-error";

/** Thrown by a tab's check: nothing more of this round leaves the tab. */
export class Decline extends Error {
  override readonly name = "Decline";
  constructor(
    readonly reason: DeclineReason,
    readonly details: Record<string, string | number> = {},
  ) {
    super(`${reason}${Object.keys(details).length > 0 ? ` ${JSON.stringify(details)}` : ""}`);
  }
}

/** Why the coordinator goes on without a tab. */
export type DropReason =
  | "disconnected"
  | "timed-out"
  | "declined"
  | "not-enrolled"
  | "signature-invalid"
  | "message-invalid"
  | "payload-invalid"
  | "duplicate";

/** Why a round ends with nothing revealed. */
export type AbortReason =
  | "cohort-too-small"
  | "witness-missing"
  | "sharers-too-few"
  | "survivors-too-few"
  | "consistency-too-few"
  | "shares-insufficient"
  | "sum-wrapped"
  | "coordinator-restarted"
  | "partial-sum-lost"
  | "budget-spent"
  | "stopped";

/** Ends the whole round; thrown on the coordinator's side. */
export class Abort extends Error {
  override readonly name = "Abort";
  /** @param blamed identities whose false shares ended it, hex */
  constructor(
    readonly reason: AbortReason,
    readonly blamed: readonly string[] = [],
  ) {
    super(blamed.length > 0 ? `${reason}, by ${blamed.join(", ")}` : reason);
  }
}

/** A message the coordinator refuses: its sender is dropped with the reason, and the round goes on. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  constructor(readonly reason: DropReason) {
    super(reason);
  }
}
