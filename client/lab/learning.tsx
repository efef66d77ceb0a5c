/** How accuracy came about, round by round: a field an ε, a line a setting, means over seeds with their intervals. */
import { type PathPoint, pathsOf } from "../../shared/lab/paths.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import type { Job } from "./api.ts";
import { epsilonName, rank, stroke } from "./frontier.tsx";

const size = { width: 300, height: 210, left: 46, right: 8, top: 24, bottom: 26 };

export function Learning({ job }: { job: Job }) {
  const points = pathsOf(job.grid, job.done);
  if (points.length === 0) return null;
  const labels = [...new Set(points.map(({ label }) => label))];
  const epsilons = [...job.grid.epsilon].sort((a, b) => rank(a) - rank(b));
  const low = Math.min(...points.map((point) => point.low));
  const high = Math.max(...points.map((point) => point.high));
  const last = Math.max(...points.map(({ round }) => round));
  return (
    <section class="card" data-testid="learning">
      <h2>{t("lab.learning")}</h2>
      <p class="quiet small">{t("lab.learning.text")}</p>
      <div class="fields">
        {epsilons.map((epsilon) => {
          const lines = labels.map((label) => points.filter((p) => p.label === label && p.epsilon === epsilon));
          return <Field key={epsilon} epsilon={epsilon} lines={lines} low={low} high={high} last={last} />;
        })}
      </div>
    </section>
  );
}

function Field(props: { epsilon: number | "inf"; lines: PathPoint[][]; low: number; high: number; last: number }) {
  const { epsilon, lines, low, high, last } = props;
  const x = (round: number) => size.left + ((size.width - size.left - size.right) * round) / last;
  const y = (value: number) =>
    size.top + ((size.height - size.top - size.bottom) * (high - value)) / Math.max(high - low, 1e-9);
  const ends = lines.flatMap((own) => own.slice(-1)).map(({ label, mean }) => `${label}: ${formatNumber(mean)}`);
  return (
    <svg
      class="frontier still"
      viewBox={`0 0 ${size.width} ${size.height}`}
      role="img"
      aria-label={`${t("lab.learning")}, ε ${epsilonName(epsilon)}: ${ends.join("; ")}`}
    >
      <text x={size.left} y="15">{`ε ${epsilonName(epsilon)}`}</text>
      {[low, (low + high) / 2, high].map((tick) => (
        <g key={tick}>
          <path d={`M${size.left} ${y(tick)}H${size.width - size.right}`} stroke="var(--line)" />
          <text x={size.left - 6} y={y(tick) + 4} text-anchor="end">
            {formatNumber(tick, { maximumFractionDigits: 2 })}
          </text>
        </g>
      ))}
      {[0, last].map((round) => (
        <text key={round} x={x(round)} y={size.height - 8} text-anchor={round === 0 ? "start" : "end"}>
          {formatNumber(round)}
        </text>
      ))}
      {lines.map((own, i) => {
        if (own.length === 0) return null;
        const forth = own.map((p) => `${x(p.round)} ${y(p.high)}`);
        const back = own.map((p) => `${x(p.round)} ${y(p.low)}`).reverse();
        return (
          <g key={own[0]!.label}>
            <path d={`M${[...forth, ...back].join("L")}Z`} fill={stroke(i).stroke} fill-opacity="0.12" />
            <path
              d={`M${own.map((p) => `${x(p.round)} ${y(p.mean)}`).join("L")}`}
              fill="none"
              stroke-width="2"
              {...stroke(i)}
            />
          </g>
        );
      })}
    </svg>
  );
}
