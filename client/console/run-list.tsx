import { t } from "../i18n/messages.ts";
import { Scroll } from "../ui/scroll.tsx";
import { statement } from "../ui/statement.ts";
import { runs } from "./api.ts";
import { troublesOf } from "./troubles.ts";

export function RunList({ onChoose }: { onChoose: (run: string) => void }) {
  const all = [...(runs.value?.values() ?? [])].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  return (
    <section class="card">
      <h1>{t("console.runs")}</h1>
      {all.length === 0 ? (
        <p>{t(runs.value ? "console.runs.none" : "console.loading")}</p>
      ) : (
        <Scroll label={t("console.runs")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t("console.run")}</th>
                <th scope="col">{t("console.task")}</th>
                <th scope="col">{t("console.state")}</th>
                <th scope="col" class="number">
                  {t("console.progress")}
                </th>
                <th scope="col">{t("console.spent")}</th>
              </tr>
            </thead>
            <tbody>
              {all.map((run) => (
                <tr key={run.run}>
                  <td>
                    <button type="button" class="plain mono" onClick={() => onChoose(run.run)}>
                      {run.run}
                    </button>
                  </td>
                  <td>
                    {run.name} {run.weakCohort && <span class="weak">{t("console.weak")}</span>}
                  </td>
                  <td>
                    {t(`run.${run.state}`)}
                    {troublesOf(run).length > 0 && (
                      <span class="problems"> · {t("trouble.count", { count: troublesOf(run).length })}</span>
                    )}
                  </td>
                  <td class="number">
                    {run.roundsDone}/{run.roundsPlanned}
                  </td>
                  <td class="wrap">{statement(run.privacy)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </section>
  );
}
