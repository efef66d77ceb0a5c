/** What the task is for, what leaves the tab, who learns what, and the promise with its numbers. */
import { minimumCohort } from "../../shared/cohort.ts";
import type { Task } from "../../shared/task.ts";
import { formatEpsilon, formatNumber, formatPower, t } from "../i18n/messages.ts";
import { purposeOf } from "../i18n/purpose.ts";
import { Picture } from "./picture.tsx";
import { snapshot } from "./tab.ts";

/** The first page of a run. */
export const About = ({ task }: { task: Task }) => (
  <section class="card">
    <h1>{t("about.title")}</h1>
    <Promises task={task} />
  </section>
);

/** The same, folded away, for who wants to read it again before deciding. */
export const AboutAgain = ({ task }: { task: Task }) => (
  <details class="card">
    <summary>{t("about.again")}</summary>
    <Promises task={task} />
  </details>
);

function Promises({ task }: { task: Task }) {
  const { epsilon, delta, unit } = task.privacy;
  const promise = {
    epsilon: formatEpsilon(epsilon),
    delta: formatPower(delta),
    // Beyond a million nobody reads its digits.
    factor: epsilon < 13.8 ? formatNumber(Math.ceil(Math.exp(epsilon) * 10) / 10) : formatPower(Math.exp(epsilon)),
    odds: formatNumber(Math.floor(1 / delta + 1e-6)),
  };
  return (
    <>
      <p>{purposeOf(task)}</p>
      <Picture />
      <p>{t("about.how")}</p>
      <p>{t("about.learns", { minimum: minimumCohort(task) })}</p>
      <p>{t("about.cannot")}</p>
      {snapshot.value.weakCohort && <p class="weak">{t("about.weak")}</p>}
      <details>
        <summary>{t("about.numbers")}</summary>
        <p>{t(`about.promise.${unit}`, promise)}</p>
        <p>{t("about.others")}</p>
      </details>
    </>
  );
}
