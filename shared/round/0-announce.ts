/** Phase 0: the coordinator says what is asked, of which model, under which task; each tab checks it by itself. */
import { hashOf, sha256, toHex } from "../canonical.ts";
import { isTree } from "../explain/tree.ts";
import { cellsOf, scoreBins } from "../fairness/histogram.ts";
import { architectureOf, inputWidth, parameterCount } from "../model.ts";
import { isClipDue } from "../privacy/adaptive-clipping.ts";
import { evaluatedThresholds } from "../questions/evaluate.ts";
import type { Question } from "../questions/question.ts";
import { hasComponents, hasTree, type Task } from "../task.ts";
import { Decline } from "./reasons.ts";
import { type CoordinatorEnv, type ParticipantEnv, protocolVersion, type RoundFacts } from "./round.ts";
import { isSignedBy, type Signed, signBody } from "./signed.ts";
import { checkWitnesses, type Witnessed } from "./witnessed.ts";

export interface Announcement {
  protocol: number;
  run: string;
  round: number;
  /** Counts up when a round has to be repeated with the same model */
  attempt: number;
  taskHash: string;
  question: Question;
  /** SHA-256 of the parameters' bytes */
  modelHash: string;
}

export const announcementHash = (announcement: Announcement): Promise<string> => hashOf(announcement);

/** Parameters as they travel: little-endian f32. */
export const hashParameters = async (parameters: Float32Array<ArrayBuffer>): Promise<string> =>
  toHex(await sha256(new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength)));

export function announce(env: CoordinatorEnv, announcement: Announcement): Promise<Signed<Announcement>> {
  return signBody("announcement", announcement, env.signer);
}

/**
 * What a tab verifies before it computes anything. Its place in the ledger is verified beside this, by
 * ledger/evidence.ts.
 * @throws Decline
 */
export async function acceptAnnouncement(
  env: ParticipantEnv,
  message: Witnessed<Announcement>,
  parameters: Float32Array<ArrayBuffer>,
): Promise<RoundFacts> {
  const { body } = message;
  if (body.protocol !== protocolVersion)
    throw new Decline("version-mismatch", { ours: protocolVersion, theirs: body.protocol });
  if (!(await isSignedBy("announcement", message, env.coordinatorKey)))
    throw new Decline("signature-invalid", { of: "announcement" });
  if (body.taskHash !== env.taskHash) throw new Decline("task-changed");
  if (body.run !== env.run) throw new Decline("protocol-error", { of: "announcement" });
  await checkWitnesses(env.task, "announcement", message);
  if (parameters.length !== parameterCount(architectureOf(env.task))) throw new Decline("model-hash-mismatch");
  if ((await hashParameters(parameters)) !== body.modelHash) throw new Decline("model-hash-mismatch");
  if (!parameters.every(Number.isFinite)) throw new Decline("model-hash-mismatch");
  if (!fitsTask(body.question, env.task, body.round)) throw new Decline("plan-mismatch", { of: "question" });
  return {
    round: body.round,
    attempt: body.attempt,
    question: body.question.kind,
    announcementHash: await announcementHash(body),
  };
}

/** A question's tables must have the task's shapes and be finite, so that no kernel reads beyond them; its clip norm is due. */
function fitsTask(question: Question, task: Task, round: number): boolean {
  const finite = (values: unknown, length: number) =>
    Array.isArray(values) && values.length === length && values.every(Number.isFinite);
  switch (question.kind) {
    case "profile":
      return true;
    case "train": {
      const cells = cellsOf(task).length;
      const { slope, weight } = question.witness;
      return (
        finite(slope, cells * 2 * scoreBins.count) &&
        finite(weight, cells * 2) &&
        isClipDue(task, question.clip, round) &&
        isPopularity(question.popularity, task) &&
        normalises(question.normalisation, task)
      );
    }
    case "tree": {
      const { level, tree, threshold } = question;
      const levels = task.explain?.treeDepth ?? 0;
      return (
        Number.isInteger(level) &&
        level >= 0 &&
        level < levels &&
        Number.isFinite(threshold) &&
        isTree(tree, task.data.features, level) &&
        normalises(question.normalisation, task)
      );
    }
    case "moments":
      return hasComponents(task) && normalises(question.normalisation, task);
    case "explain":
      return (
        task.explain !== undefined &&
        finite(question.baseline, inputWidth(task)) &&
        normalises(question.normalisation, task)
      );
    case "evaluate":
      return (
        finite(question.thresholds, evaluatedThresholds) &&
        (question.tree === undefined ||
          (hasTree(task) && isTree(question.tree, task.data.features, task.explain!.treeDepth))) &&
        isPopularity(question.popularity, task) &&
        normalises(question.normalisation, task)
      );
    default:
      return false;
  }
}

/** One finite number an item, of a task with items. */
const isPopularity = (popularity: unknown, { data: { items } }: Task): boolean =>
  items === undefined
    ? popularity === undefined
    : Array.isArray(popularity) && popularity.length === items.count && popularity.every(Number.isFinite);

const normalises = (normalisation: Record<string, { mean: number; scale: number }>, task: Task): boolean =>
  task.data.features.every((feature) => {
    if (feature.kind !== "numeric") return true;
    const found = normalisation[feature.name];
    return found !== undefined && Number.isFinite(found.mean) && Number.isFinite(found.scale) && found.scale > 0;
  });
