/** Phase 5: the coordinator says what came of it; the tab sees the new model's hash and the ledger that holds it. */
import { hashOf } from "../canonical.ts";
import { Decline } from "./reasons.ts";
import type { CoordinatorEnv, ParticipantEnv, RoundFacts } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";

export interface Result {
  announcementHash: string;
  rosterHash: string;
  survivors: number;
  /** SHA-256 of the decoded sum's integers as canonical JSON, hex */
  sumHash: string;
  /** SHA-256 of the parameters after the round, hex */
  modelHash: string;
}

/** The sum is made of integers below 2^53, so its JSON is exact. */
export const hashSum = (sum: Float64Array): Promise<string> => hashOf(Array.from(sum));

export const publishResult = (env: Pick<CoordinatorEnv, "signer">, result: Result): Promise<Signed<Result>> =>
  signBody("result", result, env.signer);

/** @throws Decline */
export async function acceptResult(env: ParticipantEnv, facts: RoundFacts, message: Signed<Result>): Promise<Result> {
  if (!(await isSignedBy("result", message, env.coordinatorKey)))
    throw new Decline("signature-invalid", { of: "result" });
  if (message.body.announcementHash !== facts.announcementHash) throw new Decline("protocol-error", { of: "result" });
  return message.body;
}
