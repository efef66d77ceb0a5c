/** Signatures of independent witnesses beside the coordinator's: made by a witness, demanded by every tab. */
import type { Identity } from "../secure-sum/keys.ts";
import type { Task } from "../task.ts";
import { Decline } from "./reasons.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";

/** What every witness that the task names has to sign as well; when it does is in witness.ts. */
export interface Witnessed<Body> extends Signed<Body> {
  /** Signatures, hex, in the order of the task's `witnesses`; absent where it names none */
  witnesses?: string[];
}

export type WitnessedKind = "announcement" | "roster" | "result";

/** A witness's signature, hex, on what the coordinator signed: under a label of its own, so that neither passes for the other. */
export async function signAsWitness(
  kind: WitnessedKind,
  { body }: Signed<unknown>,
  signer: Pick<Identity, "sign">,
): Promise<string> {
  return (await signBody(`witnessed-${kind}`, body, signer)).signature;
}

/** @param witness Ed25519 public key, hex */
export const isWitnessed = (
  kind: WitnessedKind,
  { body }: Pick<Signed<unknown>, "body">,
  witness: string,
  signature: string,
): Promise<boolean> => isSignedBy(`witnessed-${kind}`, { body, signature }, witness);

/** Every witness the task names has signed this very message. @throws Decline */
export async function checkWitnesses(
  task: Pick<Task, "witnesses">,
  kind: WitnessedKind,
  message: Witnessed<unknown>,
): Promise<void> {
  for (const [i, witness] of (task.witnesses ?? []).entries()) {
    const signature = message.witnesses?.[i];
    if (signature === undefined || !(await isWitnessed(kind, message, witness, signature)))
      throw new Decline("witness-missing", { of: kind, witness });
  }
}
