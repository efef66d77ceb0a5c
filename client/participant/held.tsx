/** What this browser keeps of a run, and the proof that the question it answered is in the public log: to take away. */
import { retentionDaysOf, type Task } from "../../shared/task.ts";
import { t } from "../i18n/messages.ts";
import { save } from "../ui/save.ts";
import { held } from "./tab.ts";

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

export function Held({ task }: { task: Task }) {
  const take = async (what: "held" | "proof") => {
    const all = await held();
    if (all[what]) save(`murmur-${what}.json`, json(all[what]), "application/json");
  };
  return (
    <section class="card">
      <h2>{t("held.title")}</h2>
      <p>{t("held.text", { days: retentionDaysOf(task) })}</p>
      <div class="choices">
        <button type="button" onClick={() => void take("held")}>
          {t("held.save")}
        </button>
        <button type="button" onClick={() => void take("proof")}>
          {t("held.proof")}
        </button>
      </div>
      <p class="quiet small">{t("held.withdrawn")}</p>
    </section>
  );
}
