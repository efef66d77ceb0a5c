/** The same means as a table that is coloured: a setting a row, an ε a column. */
import { type Curve, curvesOf } from "../../shared/lab/curves.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import { Scroll } from "../ui/scroll.tsx";
import type { Job } from "./api.ts";
import { epsilonName, figure, rank } from "./frontier.tsx";

export function HeatMap({ job }: { job: Job }) {
  const curves = curvesOf(job.grid, job.done, figure.value);
  const epsilons = [...job.grid.epsilon].sort((a, b) => rank(a) - rank(b));
  if (curves.length < 2 || epsilons.length < 2) return null;
  const means = curves.flatMap(({ points }) => points.map(({ spread }) => spread.mean));
  const [low, high] = [Math.min(...means), Math.max(...means)];
  const at = ({ points }: Curve, epsilon: number | "inf") => points.find((point) => point.epsilon === epsilon)?.spread;
  /** Per cent of the darkest */
  const depth = (mean: number) => Math.round((100 * (mean - low)) / Math.max(high - low, Number.MIN_VALUE));
  return (
    <section class="card" data-testid="heat-map">
      <h2>{t("lab.map", { figure: t(`metric.${figure.value}`) })}</h2>
      <Scroll label={t("lab.map", { figure: t(`metric.${figure.value}`) })}>
        <table class="heat-map">
          <thead>
            <tr>
              <th scope="col">{t("lab.setting")}</th>
              {epsilons.map((epsilon) => (
                <th key={epsilon} scope="col" class="number">{`ε ${epsilonName(epsilon)}`}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {curves.map((curve) => (
              <tr key={curve.label}>
                <th scope="row">{curve.label}</th>
                {epsilons.map((epsilon) => {
                  const spread = at(curve, epsilon);
                  return (
                    <td
                      key={epsilon}
                      class="number"
                      style={spread && { "--depth": `${0.45 * depth(spread.mean)}%` }}
                      title={spread && `${formatNumber(spread.low)} – ${formatNumber(spread.high)}`}
                    >
                      {spread ? formatNumber(spread.mean, { minimumFractionDigits: 3, maximumFractionDigits: 3 }) : "—"}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
