/** How the balance was spent, vector by vector, under the line that it never crosses. */
import { formatEpsilon, t } from "../i18n/messages.ts";
import { snapshot } from "./tab.ts";

const [width, height, margin] = [320, 90, 6];

export function BalanceOverTime() {
  const { sent, balance } = snapshot.value;
  if (sent.length < 2 || !balance) return null;
  const budget = balance.budget.epsilon;
  const x = (i: number) => margin + ((width - 2 * margin) * i) / sent.length;
  const y = (epsilon: number) => height - margin - ((height - 2 * margin) * Math.min(epsilon, budget)) / budget;
  const steps = sent.map(({ epsilonAfter }, i) => `V${y(epsilonAfter)}H${x(i + 1)}`).join("");
  const first = sent[0]!.epsilonAfter;
  return (
    <figure class="over-time">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={t("overTime.label", {
          count: sent.length,
          first: formatEpsilon(first),
          last: formatEpsilon(sent.at(-1)!.epsilonAfter),
          budget: formatEpsilon(budget),
        })}
      >
        <path d={`M${margin} ${y(budget)}H${width - margin}`} class="bound" />
        <path d={`M${x(0)} ${y(0)}${steps}V${y(0)}Z`} class="area" />
        <path d={`M${x(0)} ${y(0)}${steps}`} class="line" />
      </svg>
      <figcaption class="quiet small">{t("overTime.caption")}</figcaption>
    </figure>
  );
}
