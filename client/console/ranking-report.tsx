/** Of a run that recommends: where last choices stand among others, of everybody and by group, from the noisy sum. */
import { ranked } from "../../shared/recommend/ranking.ts";
import type { RunDetail } from "../../shared/run-record.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import { Scroll } from "../ui/scroll.tsx";

const figure = (value: number) => formatNumber(value, { minimumFractionDigits: 3, maximumFractionDigits: 3 });

export function RankingReport({ run }: { run: RunDetail }) {
  const told = run.rounds.find(({ ranking }) => ranking)?.ranking;
  if (!told) return null;
  const groups = Object.entries(told.byGroup).flatMap(([attribute, byGroup]) =>
    Object.entries(byGroup).map(([group, figures]) => ({ name: `${attribute}: ${group}`, ...figures })),
  );
  const gaps = Object.entries(told.gaps).map(([attribute, { hitRate, deviation }]) =>
    t("ranking.gap", { attribute, gap: figure(hitRate), deviation: figure(deviation) }),
  );
  return (
    <section class="card" data-testid="ranking-report">
      <h2>{t("ranking.title")}</h2>
      <Scroll label={t("ranking.title")}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t("ranking.who")}</th>
              <th scope="col" class="number">
                {t("metric.hitRate")}
              </th>
              <th scope="col" class="number">
                {t("metric.ndcg")}
              </th>
              <th scope="col" class="number">
                {t("ranking.persons")}
              </th>
            </tr>
          </thead>
          <tbody>
            {[{ name: t("ranking.all"), ...told }, ...groups].map(({ name, hitRate, deviation, ndcg, persons }) => (
              <tr key={name}>
                <td>{name}</td>
                <td class="number">
                  {figure(hitRate)} ± {figure(deviation)}
                </td>
                <td class="number">{figure(ndcg)}</td>
                <td class="number">{formatNumber(persons, { maximumFractionDigits: 0 })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {gaps.map((text) => (
        <p key={text}>{text}</p>
      ))}
      <p class="quiet small">{t("ranking.note", { others: ranked })}</p>
    </section>
  );
}
