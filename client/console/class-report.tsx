/** Of a run with classes: how well each is told, from the noisy sum over held-back rows. */

import { countedEntities } from "../../shared/questions/evaluate.ts";
import type { RunDetail } from "../../shared/run-record.ts";
import { entityTypesOf } from "../../shared/task.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import { Scroll } from "../ui/scroll.tsx";

const figure = (value: number | undefined) =>
  value === undefined ? "—" : formatNumber(value, { minimumFractionDigits: 3, maximumFractionDigits: 3 });

export function ClassReport({ run }: { run: RunDetail }) {
  const told = run.rounds.find(({ question, classes }) => question === "evaluate" && classes)?.classes;
  if (!told?.byClass) return null;
  const named = entityTypesOf(run.task) !== undefined;
  const title = t(named ? "entities.title" : "classes.title");
  const means = { accuracy: figure(told.accuracy), macro: figure(told.macroF1), weighted: figure(told.weightedF1) };
  return (
    <section class="card" data-testid="class-report">
      <h2>{title}</h2>
      <p>{named ? t("entities.summary", { ...means, micro: figure(told.microF1) }) : t("classes.summary", means)}</p>
      <Scroll label={title}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t(named ? "entities.type" : "classes.name")}</th>
              <th scope="col" class="number">
                {t("classes.precision")}
              </th>
              <th scope="col" class="number">
                {t("classes.recall")}
              </th>
              <th scope="col" class="number">
                {t("classes.f1")}
              </th>
              <th scope="col" class="number">
                {t(named ? "entities.support" : "classes.support")}
              </th>
            </tr>
          </thead>
          <tbody>
            {told.byClass.map(({ name, precision, recall, f1, support }) => (
              <tr key={name}>
                <td>{name}</td>
                <td class="number">{figure(precision)}</td>
                <td class="number">{figure(recall)}</td>
                <td class="number">{figure(f1)}</td>
                <td class="number">{formatNumber(support, { maximumFractionDigits: 2 })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      <p class="quiet small">{named ? t("entities.note", { counted: countedEntities }) : t("classes.note")}</p>
    </section>
  );
}
