/** The tab's own account of what it has spent: a linear bar with its numbers in words, and never green. */
import { formatDelta, formatEpsilon, t } from "../i18n/messages.ts";
import { Collusion } from "../ui/collusion.tsx";
import type { TabSnapshot } from "../worker/snapshot.ts";
import { snapshot } from "./tab.ts";

export function Balance({ balance, open }: { balance: NonNullable<TabSnapshot["balance"]>; open: boolean }) {
  const { spent, budget, thisRound } = balance;
  const left = Math.max(0, budget.epsilon - spent.epsilon);
  const next = open ? Math.min(left, thisRound) : 0;
  const percent = (epsilon: number) => Math.min(100, (100 * epsilon) / budget.epsilon);
  const text = t("balance.text", {
    spent: formatEpsilon(spent.epsilon),
    budget: formatEpsilon(budget.epsilon),
    delta: formatDelta(spent.delta),
    unit: t(`unit.${spent.unit}`),
    relation: t(`relation.${spent.relation}`),
  });
  return (
    <>
      <h2>{t("balance.title")}</h2>
      <svg class="bar" role="img" aria-label={text}>
        <Hatch />
        <rect width={`${percent(spent.epsilon)}%`} height="100%" fill="var(--spent)" />
        <rect x={`${percent(spent.epsilon)}%`} width={`${percent(next)}%`} height="100%" fill="url(#hatch)" />
      </svg>
      <ul class="legend small">
        <li>
          <Swatch fill="var(--spent)" /> {t("balance.spent", { value: formatEpsilon(spent.epsilon) })}
        </li>
        {open && (
          <li>
            <Swatch fill="url(#hatch)" /> {t("balance.round", { value: formatEpsilon(thisRound) })}
          </li>
        )}
        <li>
          {/* Rounded down, as what is spent is rounded up. */}
          <Swatch fill="none" /> {t("balance.left", { value: formatEpsilon(Math.floor(left * 1000 + 1e-6) / 1000) })}
        </li>
      </ul>
      <p data-testid="balance">{text}</p>
      <p class="quiet small">{t("balance.note")}</p>
      {snapshot.value.task && <Collusion privacy={balance.spent} share={snapshot.value.task.cohort.colludingShare} />}
    </>
  );
}

const Hatch = () => (
  <defs>
    <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
      <rect width="3" height="6" fill="var(--next)" />
    </pattern>
  </defs>
);

const Swatch = ({ fill }: { fill: string }) => (
  <svg class="swatch" aria-hidden="true">
    <rect width="100%" height="100%" fill={fill} />
  </svg>
);
