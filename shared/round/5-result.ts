/** Phase 5: the coordinator says what came of it; the tab sees the new model's hash and the ledger that holds it. */
import { sha256, toHex } from "../canonical.ts";
import { Decline } from "./reasons.ts";
import type { CoordinatorEnv, ParticipantEnv, RoundFacts } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";
import { checkWitnesses, type Witnessed } from "./witnessed.ts";

export interface Result {
  announcementHash: string;
  rosterHash: string;
  survivors: number;
  /** SHA-256 of the decoded sum, hex; see hashSum */
  sumHash: string;
  /** SHA-256 of the parameters after the round, hex */
  modelHash: string;
}

/** Of the integers as little-endian f64, which hold them exactly. */
export const hashSum = async (sum: Float64Array<ArrayBuffer>): Promise<string> =>
  toHex(await sha256(new Uint8Array(sum.buffer, sum.byteOffset, sum.byteLength)));

export const publishResult = (env: Pick<CoordinatorEnv, "signer">, result: Result): Promise<Signed<Result>> =>
  signBody("result", result, env.signer);

/** @throws Decline */
export async function acceptResult(
  env: ParticipantEnv,
  facts: RoundFacts,
  message: Witnessed<Result>,
): Promise<Result> {
  if (!(await isSignedBy("result", message, env.coordinatorKey)))
    throw new Decline("signature-invalid", { of: "result" });
  if (message.body.announcementHash !== facts.announcementHash) throw new Decline("protocol-error", { of: "result" });
  await checkWitnesses(env.task, "result", message);
  return message.body;
}
