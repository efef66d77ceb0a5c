/**
 * A curve that grows: uPlot draws it, the rest makes it legible without eyes — a role, a one-sentence summary, and the
 * same numbers as a table and as CSV.
 */

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { Scroll } from "./scroll.tsx";
import "uplot/dist/uPlot.min.css";
import { formatNumber, t } from "../i18n/messages.ts";
import { save } from "./save.ts";

export interface Curve {
  label: string;
  values: (number | null)[];
  /** A line that is a bound, not a measurement */
  dashed?: boolean;
  /** Everything from 0 up to the line is shaded */
  band?: boolean;
  /** A strip around the line: within it the true value lies, with the confidence that the page names */
  interval?: { low: (number | null)[]; high: (number | null)[] };
}

const wholeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];
const colours = ["--spent", "--next", "--quiet"];
const height = 180;
/** 20 % of a #rrggbb colour would need parsing; the canvas takes color-mix() as it is. */
const tint = (colour: string) => `color-mix(in srgb, ${colour} 20%, transparent)`;

/** Curves differ by their stroke as well as by their colour. */
const dashes = [[], [2, 3], [9, 3], [9, 3, 2, 3], [1, 6], [14, 4]];
const dashOf = (curve: Curve, i: number): number[] => (curve.dashed ? [6, 4] : dashes[i % dashes.length]!);

export function Chart(props: { name: string; title: string; summary: string; x: number[]; curves: Curve[] }) {
  const { name, title, summary, x, curves } = props;
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  // Behind the curves, pair by pair, the edges of their strips.
  const strips = curves.flatMap(({ interval }, i) => (interval ? [{ ...interval, of: i }] : []));
  const edges = strips.flatMap(({ low, high }) => [low, high]);
  const data = [x, ...curves.map((curve) => curve.values), ...edges] as uPlot.AlignedData;

  useEffect(() => {
    const element = place.current!;
    const ink = getComputedStyle(element).color;
    const axis = { stroke: ink, grid: { stroke: resolved(element, "--line"), width: 1 }, font: "11px system-ui" };
    const chart = new uPlot(
      {
        width: element.clientWidth,
        height,
        scales: { x: { time: false } },
        legend: { show: false },
        // There is no round between two rounds.
        axes: [
          { ...axis, incrs: wholeSteps },
          { ...axis, size: 52 },
        ],
        series: [
          {},
          ...curves.map((curve, i) => {
            // light-dark() is resolved only on an element, so ask one.
            const stroke = resolved(element, colours[i % colours.length]!);
            return {
              label: curve.label,
              stroke,
              width: 2,
              // A single point draws no line.
              points: { show: x.length < 2 },
              dash: dashOf(curve, i),
              ...(curve.band && { fill: tint(stroke) }),
            };
          }),
          ...edges.map(() => ({ stroke: "transparent", points: { show: false } })),
        ],
        bands: strips.map(({ of }, i) => ({
          series: [curves.length + 2 + 2 * i, curves.length + 1 + 2 * i] as [number, number],
          fill: tint(resolved(element, colours[of % colours.length]!)),
        })),
      },
      data,
      element,
    );
    plot.current = chart;
    const observer = new ResizeObserver(() => chart.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [curves.length, strips.length, x.length < 2]);

  useEffect(() => plot.current?.setData(data));

  const columns = curves.flatMap(({ label, values, interval }) => [
    { label, values },
    ...(interval
      ? [
          { label: t("chart.low", { curve: label }), values: interval.low },
          { label: t("chart.high", { curve: label }), values: interval.high },
        ]
      : []),
  ]);
  const csv = () =>
    [
      ["round", ...columns.map((c) => c.label)].join(","),
      ...x.map((round, i) => [round, ...columns.map((c) => c.values[i] ?? "")].join(",")),
    ].join("\n");
  return (
    <section class="card chart">
      <h2>{title}</h2>
      {curves.length > 1 && (
        <p class="legend quiet small">
          {curves.map((curve, i) => (
            <span key={curve.label}>
              <Stroke dash={dashOf(curve, i)} colour={colours[i % colours.length]!} /> {curve.label}
            </span>
          ))}
        </p>
      )}
      <div class="plot" ref={place} role="img" aria-label={`${title}. ${summary}`} />
      <p class="small">
        {x.length > 0 ? summary : t("chart.empty")} {strips.length > 0 && t("chart.strip")}
      </p>
      <details class="small">
        <summary>{t("console.table")}</summary>
        <Scroll label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col" class="number">
                  {t("chart.round")}
                </th>
                {columns.map(({ label }) => (
                  <th key={label} scope="col" class="number">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {x.map((round, i) => (
                <tr key={round}>
                  <td class="number">{round}</td>
                  {columns.map(({ label, values }) => (
                    <td key={label} class="number">
                      {values[i] == null ? "" : formatNumber(values[i], { maximumSignificantDigits: 4 })}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
        <button type="button" class="plain" onClick={() => save(`murmur-${name}.csv`, csv(), "text/csv")}>
          {t("console.csv")}
        </button>
      </details>
    </section>
  );
}

/** A custom property as the colour it stands for in the theme of the moment. */
function resolved(element: HTMLElement, property: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${property})`;
  element.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

function Stroke({ dash, colour }: { dash: number[]; colour: string }) {
  return (
    <svg width="26" height="8" aria-hidden="true">
      <line
        x1="1"
        y1="4"
        x2="25"
        y2="4"
        stroke={`var(${colour})`}
        stroke-width="3"
        stroke-dasharray={dash.join(" ") || "none"}
      />
    </svg>
  );
}
