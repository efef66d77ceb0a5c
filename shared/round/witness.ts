/**
 * An independent witness signs one announcement, hence one model, and one roster for each attempt of a round, and never
 * another (research/privacy.md §5.4, S1 and M2). A tab whose task names witnesses takes part in nothing that they have not
 * signed: a coordinator that would show two tabs two models, or two rosters, needs every witness for its lie.
 *
 * It sees announcements, rosters' hashes and sizes; no member, no vector, no sum. Not to be mixed up with the witness
 * of a fairness penalty, which is a function (fairness/witnesses).
 */
import { hashOf } from "../canonical.ts";
import { type Announcement, announcementHash } from "./0-announce.ts";
import type { Roster } from "./1-roster.ts";
import { isSignedBy, type Signed } from "./signed.ts";

/** What a witness signed last for a task: all that it has to remember. */
export interface Sighting {
  taskHash: string;
  round: number;
  attempt: number;
  question: Announcement["question"]["kind"];
  modelHash: string;
  announcementHash: string;
  rosterHash?: string;
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
      | "unknown",
  ) {
    super(reason);
  }
}

/**
 * @param last what this witness signed last for the announcement's task
 * @returns what it has to remember before its signature leaves it @throws WitnessRefusal
 */
export async function seeAnnouncement(
  last: Sighting | undefined,
  message: Signed<Announcement>,
  coordinatorKey: string,
): Promise<Sighting> {
  if (!(await isSignedBy("announcement", message, coordinatorKey))) throw new WitnessRefusal("signature-invalid");
  const { taskHash, round, attempt, question, modelHash } = message.body;
  const hash = await announcementHash(message.body);
  if (last) {
    // Only forwards: what is signed once cannot come back beside what is signed now.
    if (round < last.round || (round === last.round && attempt < last.attempt)) throw new WitnessRefusal("past");
    if (round === last.round && attempt === last.attempt) {
      if (hash !== last.announcementHash) throw new WitnessRefusal("second-announcement");
      return last;
    }
    // A round is repeated with the same model; only where the budget ends training early is another question asked in it.
    if (round === last.round && question.kind === last.question && modelHash !== last.modelHash)
      throw new WitnessRefusal("second-model");
  }
  return { taskHash, round, attempt, question: question.kind, modelHash, announcementHash: hash };
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
