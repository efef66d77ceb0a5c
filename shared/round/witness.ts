/**
 * An independent witness signs one announcement, hence one model, one roster and one result for each attempt of a round,
 * and never another (research/privacy.md §5.4, S1, M2 and M9). A tab whose task names witnesses takes part in nothing that
 * they have not signed: a coordinator that would show two tabs two models, or two rosters, needs every witness for its
 * lie. The model that a result names is the one the next round has to ask about.
 *
 * It sees announcements, hashes and sizes of rosters and sums; no member, no vector, no sum. Not to be mixed up with the
 * witness of a fairness penalty, which is a function (fairness/witnesses).
 */
import { hashOf } from "../canonical.ts";
import { asksFinalModel } from "../questions/question.ts";
import { type Announcement, announcementHash } from "./0-announce.ts";
import type { Roster } from "./1-roster.ts";
import type { Result } from "./5-result.ts";
import { isSignedBy, type Signed } from "./signed.ts";

/** What a witness signed last for a task: all that it has to remember. */
export interface Sighting {
  taskHash: string;
  run: string;
  round: number;
  attempt: number;
  question: Announcement["question"]["kind"];
  modelHash: string;
  announcementHash: string;
  rosterHash?: string;
  /** Of the attempt's result, once it has one, and the model it names */
  resultHash?: string;
  resultModelHash?: string;
}

/** Why a witness does not sign. */
export class WitnessRefusal extends Error {
  override readonly name = "WitnessRefusal";
  constructor(
    readonly reason:
      | "signature-invalid"
      | "past"
      | "second-announcement"
      | "second-model"
      | "second-roster"
      | "second-result"
      | "unknown",
  ) {
    super(reason);
  }
}

/**
 * A task may be run again, but not twice at a time: with a new run its former ones are over for this witness.
 * @param last what this witness signed last for the announcement's task
 * @param wasRun whether it has signed for this run of the task before
 * @returns what it has to remember before its signature leaves it @throws WitnessRefusal
 */
export async function seeAnnouncement(
  last: Sighting | undefined,
  message: Signed<Announcement>,
  coordinatorKey: string,
  wasRun: boolean,
): Promise<Sighting> {
  if (!(await isSignedBy("announcement", message, coordinatorKey))) throw new WitnessRefusal("signature-invalid");
  const { taskHash, run, round, attempt, question, modelHash } = message.body;
  const hash = await announcementHash(message.body);
  if (last && last.run !== run && wasRun) throw new WitnessRefusal("past");
  if (last?.run === run) {
    // Only forwards: what is signed once cannot come back beside what is signed now.
    if (round < last.round || (round === last.round && attempt < last.attempt)) throw new WitnessRefusal("past");
    if (round === last.round && attempt === last.attempt) {
      if (hash !== last.announcementHash) throw new WitnessRefusal("second-announcement");
      return last;
    }
    // A round is repeated with the same model; only where the budget ends training early is another question asked in it.
    if (round === last.round && question.kind === last.question && modelHash !== last.modelHash)
      throw new WitnessRefusal("second-model");
    // The mean of the last models, which is asked about at the end, is named by no result before.
    const isNamed = asksFinalModel(question.kind) === asksFinalModel(last.question) || !asksFinalModel(question.kind);
    if (round > last.round && last.resultModelHash !== undefined && isNamed && modelHash !== last.resultModelHash)
      throw new WitnessRefusal("second-model");
  }
  return { taskHash, run, round, attempt, question: question.kind, modelHash, announcementHash: hash };
}

/** @param last of the task to which the roster's announcement belongs @throws WitnessRefusal */
export async function seeRoster(
  last: Sighting | undefined,
  message: Signed<Roster>,
  coordinatorKey: string,
): Promise<Sighting> {
  if (!(await isSignedBy("roster", message, coordinatorKey))) throw new WitnessRefusal("signature-invalid");
  if (last?.announcementHash !== message.body.announcementHash) throw new WitnessRefusal("unknown");
  const rosterHash = await hashOf(message.body);
  if (last.rosterHash !== undefined && last.rosterHash !== rosterHash) throw new WitnessRefusal("second-roster");
  return { ...last, rosterHash };
}

/** @param last of the task to which the result's announcement belongs @throws WitnessRefusal */
export async function seeResult(
  last: Sighting | undefined,
  message: Signed<Result>,
  coordinatorKey: string,
): Promise<Sighting> {
  if (!(await isSignedBy("result", message, coordinatorKey))) throw new WitnessRefusal("signature-invalid");
  const { announcementHash, rosterHash, modelHash } = message.body;
  if (last?.announcementHash !== announcementHash || last.rosterHash !== rosterHash)
    throw new WitnessRefusal("unknown");
  const resultHash = await hashOf(message.body);
  if (last.resultHash !== undefined && last.resultHash !== resultHash) throw new WitnessRefusal("second-result");
  return { ...last, resultHash, resultModelHash: modelHash };
}
