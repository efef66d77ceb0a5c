/** What is spent of a budget: a linear bar with its numbers in words, and never green. */
import { formatEpsilon, t } from "../i18n/messages.ts";

export function BudgetBar(props: { spent: number; budget: number; next: number; label: string }) {
  const { spent, budget, next, label } = props;
  const left = Math.max(0, budget - spent);
  const percent = (epsilon: number) => Math.min(100, (100 * epsilon) / budget);
  return (
    <>
      <svg class="bar" role="img" aria-label={label}>
        <Hatch />
        <rect width={`${percent(spent)}%`} height="100%" fill="var(--spent)" />
        <rect x={`${percent(spent)}%`} width={`${percent(Math.min(left, next))}%`} height="100%" fill="url(#hatch)" />
      </svg>
      <ul class="legend small">
        <li>
          <Swatch fill="var(--spent)" /> {t("balance.spent", { value: formatEpsilon(spent) })}
        </li>
        {next > 0 && (
          <li>
            <Swatch fill="url(#hatch)" /> {t("balance.round", { value: formatEpsilon(next) })}
          </li>
        )}
        <li>
          {/* Rounded down, as what is spent is rounded up. */}
          <Swatch fill="none" /> {t("balance.left", { value: formatEpsilon(Math.floor(left * 1000 + 1e-6) / 1000) })}
        </li>
      </ul>
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
