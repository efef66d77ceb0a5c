/** What is wrong with a run, or soon will be: the gravest first. The page has words and a remedy for each. */
import { minimumCohort } from "../../shared/cohort.ts";
import type { RunDetail } from "../../shared/run-record.ts";

export type TroubleCode =
  | "failed"
  | "review-open"
  | "review-void"
  | "held"
  | "too-few"
  | "aborted"
  | "gates"
  | "unjudged"
  | "saturated"
  | "drift"
  | "dropouts"
  | "budget"
  | "weak";

export interface Trouble {
  code: TroubleCode;
  details: Record<string, string | number>;
  /** Of a round that ended with nothing revealed */
  reason?: string;
}

/** From this share of the budget on, a run that is not near its end will hardly reach it. */
const nearlySpent = 0.95;

export function troublesOf(run: RunDetail): Trouble[] {
  const found: Trouble[] = [];
  const tell = (code: TroubleCode, details: Trouble["details"] = {}, reason?: string) =>
    found.push({ code, details, ...(reason !== undefined && { reason }) });
  const { state, review, task, rounds } = run;
  const isOpen = state === "waiting" || state === "running" || state === "held";
  const finished = rounds.filter((record) => record.state === "finished");
  const measured = finished.filter(({ question }) => question === "train").at(-1)?.metrics;
  const last = finished.at(-1);

  if (state === "failed") tell("failed", {}, rounds.at(-1)?.state === "aborted" ? rounds.at(-1)!.reason : run.reason);
  if (state === "proposed") tell("review-open");
  if (!isOpen && (review?.state === "withdrawn" || review?.state === "expired")) tell("review-void");
  if (state === "held") tell("held");
  const missing = minimumCohort(task) - run.connected;
  if (state === "waiting" && missing > 0) tell("too-few", { missing });
  const aborted = rounds.slice(last ? rounds.lastIndexOf(last) + 1 : 0);
  if (isOpen && aborted.length > 0) tell("aborted", { count: aborted.length }, aborted.at(-1)!.reason ?? "");
  const unmet = run.gates.filter(({ met }) => met === false);
  if (!isOpen && unmet.length > 0) tell("gates", { count: unmet.length });
  const judged = finished.some(({ question }) => question === "evaluate");
  if (state === "finished" && !judged) tell("unjudged");
  if (isOpen && measured?.saturated) tell("saturated");
  if (isOpen && (measured?.drift?.alarms.length ?? 0) > 0)
    tell("drift", { groups: measured!.drift!.alarms.join(", ") });
  const lost = Object.values(last?.dropped ?? {}).reduce((a, b) => a + b, 0);
  if (isOpen && last && lost / Math.max(1, last.cohort) > task.cohort.dropoutTolerance / 2)
    tell("dropouts", { lost, cohort: last.cohort });
  const isFar = run.roundsPlanned - run.roundsDone > 1;
  if (isOpen && isFar && run.privacy.epsilon > nearlySpent * task.privacy.epsilon) tell("budget");
  if (isOpen && run.weakCohort) tell("weak");
  return found;
}
