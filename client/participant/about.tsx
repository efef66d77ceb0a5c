/** What the task is for, what leaves the tab, who learns what, and the promise with its numbers. */
import { minimumCohort, type Task } from "../../shared/task.ts";
import { formatDelta, formatNumber, t } from "../i18n/messages.ts";
import { Picture } from "./picture.tsx";
import { snapshot } from "./tab.ts";

export function About({ task }: { task: Task }) {
  const { epsilon, delta, unit } = task.privacy;
  return (
    <section class="card">
      <h1>{t("about.title")}</h1>
      <p>{task.purpose}</p>
      <Picture />
      <p>{t("about.how")}</p>
      <p>{t("about.learns", { minimum: minimumCohort(task) })}</p>
      <p>{t("about.cannot")}</p>
      <p>{t(`about.promise.${unit}`, { epsilon: formatNumber(epsilon), delta: formatDelta(delta) })}</p>
      {snapshot.value.weakCohort && <p class="weak">{t("about.weak")}</p>}
    </section>
  );
}
