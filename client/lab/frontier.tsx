/** A quality against ε while the grid fills: a line a setting, means over seeds with their intervals. A band can be drawn. */
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { type Curve, curvesOf, type Figure, figuresOf } from "../../shared/lab/curves.ts";
import { formatNumber, t } from "../i18n/messages.ts";
import type { Job } from "./api.ts";

export const figure = signal<Figure>("accuracy");
/** What the table is narrowed to: between two values of the figure */
export const band = signal<{ low: number; high: number } | undefined>(undefined);

/** Pixels; as wide as the page has room, so that its words are as large as all others. */
const size = { height: 340, left: 54, right: 12, top: 14, bottom: 36 };
/** Okabe & Ito's; a line differs by its dash and its sign as well. */
const colours = ["var(--ink)", "var(--spent)", "var(--next)", "#009e73", "#cc79a7", "var(--quiet)"];
const dashes = ["none", "7 3", "2 3", "9 3 2 3", "14 4", "1 6"];
const infinity = "∞";

export const epsilonName = (epsilon: number | "inf") => (epsilon === "inf" ? infinity : formatNumber(epsilon));

export function Frontier({ job }: { job: Job }) {
  const curves = curvesOf(job.grid, job.done, figure.value);
  const shown = figuresOf(job.done);
  return (
    <section class="card" data-testid="frontier" data-state={job.state}>
      <h2>
        {job.grid.name} · {t(`lab.state.${job.state}`)}
      </h2>
      {job.problem !== undefined && (
        <p class="problems" role="alert">
          {job.problem}
        </p>
      )}
      <progress max={job.cells} value={job.done.length} aria-label={t("lab.progress")} />
      <p class="quiet small">
        {t("lab.done", { done: job.done.length, cells: job.cells })}{" "}
        {job.state === "running" && job.left !== undefined && t("lab.left", { seconds: job.left })}{" "}
        {job.on === null && t("lab.onProcessor")}
        {typeof job.on === "string" && t("lab.onAdapter", { adapter: job.on })}
      </p>
      <p class="choices">
        <label>
          {t("lab.figure")}{" "}
          <select
            value={figure.value}
            data-testid="figure"
            onChange={({ currentTarget }) => {
              figure.value = currentTarget.value as Figure;
              band.value = undefined;
            }}
          >
            {shown.map((one) => (
              <option key={one} value={one}>
                {t(`metric.${one}`)}
              </option>
            ))}
          </select>
        </label>
      </p>
      {curves.some(({ points }) => points.length > 0) && <Plot curves={curves} epsilons={job.grid.epsilon} />}
      <ul class="legend small">
        {curves.map(({ label }, i) => (
          <li key={label}>
            <svg width="34" height="10" aria-hidden="true">
              <path d="M1 5H33" {...stroke(i)} stroke-width="3" />
            </svg>{" "}
            {label}
          </li>
        ))}
      </ul>
    </section>
  );
}

export const stroke = (i: number) => ({
  stroke: colours[i % colours.length]!,
  "stroke-dasharray": dashes[i % dashes.length]!,
});

function Plot({ curves, epsilons }: { curves: Curve[]; epsilons: (number | "inf")[] }) {
  const place = useRef<SVGSVGElement>(null);
  const [width, setWidth] = useState(720);
  useEffect(() => {
    const observer = new ResizeObserver(() => setWidth(place.current!.clientWidth));
    observer.observe(place.current!);
    return () => observer.disconnect();
  }, []);
  const order = [...epsilons].sort((a, b) => rank(a) - rank(b));
  const step = (width - size.left - size.right) / order.length;
  const x = (epsilon: number | "inf", i: number) =>
    size.left + step * (order.indexOf(epsilon) + 0.5) + 6 * (i - (curves.length - 1) / 2);
  const all = curves.flatMap(({ points }) => points.flatMap(({ spread }) => [spread.low, spread.high]));
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const margin = Math.max(0.05 * (most - least), 0.002);
  const [low, high] = [least - margin, most + margin];
  const span = size.height - size.top - size.bottom;
  const y = (value: number) => size.top + (span * (high - value)) / (high - low);
  const ticks = Array.from({ length: 5 }, (_, i) => low + ((high - low) * i) / 4);
  const said = curves
    .flatMap(({ label, points }) =>
      points.map(({ epsilon, spread }) => `${label}, ε ${epsilonName(epsilon)}: ${formatNumber(spread.mean)}`),
    )
    .join("; ");

  const valueAt = (event: PointerEvent): number => {
    const box = (event.currentTarget as SVGSVGElement).getBoundingClientRect();
    const at = Math.min(size.height - size.bottom, Math.max(size.top, event.clientY - box.top));
    return high - ((at - size.top) / span) * (high - low);
  };
  return (
    // The band has fields of its own in the table's head, for who draws none.
    <svg
      ref={place}
      class="frontier"
      height={size.height}
      role="img"
      aria-label={`${t(`metric.${figure.value}`)}: ${said}`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        const value = valueAt(event);
        band.value = { low: value, high: value };
      }}
      onPointerMove={(event) => {
        if (event.buttons === 0 || !band.value) return;
        const value = valueAt(event);
        const { low: from } = band.value;
        band.value = value < from ? { ...band.value, low: value } : { ...band.value, high: value };
      }}
      onPointerUp={() => {
        // A mere click takes the band away.
        if (band.value && y(band.value.low) - y(band.value.high) < 4) band.value = undefined;
      }}
    >
      {ticks.map((tick) => (
        <g key={tick}>
          <path d={`M${size.left} ${y(tick)}H${width - size.right}`} stroke="var(--line)" />
          <text x={size.left - 8} y={y(tick) + 4} text-anchor="end">
            {formatNumber(tick, { maximumFractionDigits: 3 })}
          </text>
        </g>
      ))}
      {order.map((epsilon) => (
        <text
          key={epsilon}
          x={size.left + step * (order.indexOf(epsilon) + 0.5)}
          y={size.height - size.bottom + 22}
          text-anchor="middle"
        >
          {`ε ${epsilonName(epsilon)}`}
        </text>
      ))}
      {band.value && (
        <rect
          class="band"
          x={size.left}
          width={width - size.left - size.right}
          y={y(Math.min(high, band.value.high))}
          height={Math.max(0, y(Math.max(low, band.value.low)) - y(Math.min(high, band.value.high)))}
        />
      )}
      {curves.map(({ label, points }, i) => {
        const sorted = [...points].sort((a, b) => rank(a.epsilon) - rank(b.epsilon));
        return (
          <g key={label} fill="none" stroke={colours[i % colours.length]!} stroke-width="2">
            <path d={`M${sorted.map((p) => `${x(p.epsilon, i)} ${y(p.spread.mean)}`).join("L")}`} {...stroke(i)} />
            {sorted.map((p) => (
              <g key={p.epsilon}>
                <path d={`M${x(p.epsilon, i)} ${y(p.spread.low)}V${y(p.spread.high)}`} />
                <circle
                  cx={x(p.epsilon, i)}
                  cy={y(p.spread.mean)}
                  r="4.5"
                  fill={i % 2 === 0 ? colours[i % colours.length]! : "var(--card)"}
                />
              </g>
            ))}
          </g>
        );
      })}
    </svg>
  );
}

export const rank = (epsilon: number | "inf") => (epsilon === "inf" ? Number.POSITIVE_INFINITY : epsilon);
