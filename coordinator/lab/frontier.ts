/** The frontier as a figure: a quality against ε, a line a setting, means over seeds with their intervals. SVG, no script. */
import { type Grid, labelOf } from "../../shared/lab/grid.ts";
import { escapeHtml } from "../governance/html.ts";
import { axis } from "../simulation/plot.ts";
import { type Spread, spreadOf } from "../simulation/spread.ts";
import type { CellResult } from "./cell.ts";
import type { Done } from "./sweep.ts";

export type Figure =
  | "accuracy"
  | "auc"
  | "demographicParityDifference"
  | "equalizedOddsDifference"
  | "worstGroupAccuracy";

export interface Curve {
  label: string;
  points: { epsilon: number | "inf"; spread: Spread }[];
}

/** A setting's curve over ε; an ε for which a seed has no figure is left out. */
export function curvesOf(grid: Grid, done: readonly Done[], figure: Figure): Curve[] {
  const byLabel = new Map<string, Map<number | "inf", (number | null)[]>>();
  for (const { cell, result } of done) {
    const label = labelOf(grid, cell, ["epsilon"]);
    const own = byLabel.get(label) ?? new Map<number | "inf", (number | null)[]>();
    byLabel.set(label, own);
    own.set(cell.epsilon, [...(own.get(cell.epsilon) ?? []), figureOf(result, figure)]);
  }
  return [...byLabel].map(([label, own]) => ({
    label,
    points: grid.epsilon.flatMap((epsilon) => {
      const values = own.get(epsilon) ?? [];
      const known = values.filter((x) => x !== null);
      return known.length > 0 && known.length === values.length ? [{ epsilon, spread: spreadOf(known) }] : [];
    }),
  }));
}

const figureOf = (result: CellResult, figure: Figure): number | null => {
  const value = result[figure];
  return value === null || Number.isNaN(value) ? null : value;
};

const size = { width: 720, height: 400, left: 70, right: 220, top: 60, bottom: 55 };
/** Okabe & Ito's colours, told apart by all kinds of eyes */
const colours = ["#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8a8a00"];

export function frontierOf(curves: readonly Curve[], figure: Figure, caption: string): string {
  const epsilons = [...new Set(curves.flatMap(({ points }) => points.map((p) => p.epsilon)))];
  const order = epsilons.sort((a, b) => (a === "inf" ? Infinity : a) - (b === "inf" ? Infinity : b));
  const width = size.width - size.left - size.right;
  const step = width / Math.max(1, order.length);
  const at = (epsilon: number | "inf", curve: number) =>
    size.left + step * (order.indexOf(epsilon) + 0.5) + 5 * (curve - (curves.length - 1) / 2);
  const spreads = curves.flatMap(({ points }) => points.map((p) => p.spread));
  const y = axis(
    spreads.flatMap((s) => [s.low, s.high]),
    [size.height - size.bottom, size.top],
  );
  const ticks = y.ticks.map(
    (t) =>
      `<path d="M${size.left},${y.at(t)}H${size.width - size.right}" stroke="#ddd"/><text x="${size.left - 8}" y="${y.at(t) + 4}" text-anchor="end">${t}</text>`,
  );
  const names = order.map(
    (e) =>
      `<text x="${size.left + step * (order.indexOf(e) + 0.5)}" y="${size.height - size.bottom + 18}" text-anchor="middle">${e === "inf" ? "∞" : e}</text>`,
  );
  const lines = curves.map(({ label, points }, i) => {
    const colour = colours[i % colours.length]!;
    const dash = i < colours.length ? "" : ' stroke-dasharray="5 3"';
    const way = points.map((p) => `${at(p.epsilon, i).toFixed(1)},${y.at(p.spread.mean)}`).join("L");
    const bars = points
      .map((p) => `M${at(p.epsilon, i).toFixed(1)},${y.at(p.spread.low)}V${y.at(p.spread.high)}`)
      .join("");
    const dots = points.map(
      (p) => `<circle cx="${at(p.epsilon, i).toFixed(1)}" cy="${y.at(p.spread.mean)}" r="4" fill="${colour}"/>`,
    );
    const place = `translate(${size.width - size.right + 20},${size.top + 10 + 22 * i})`;
    return `<g fill="none" stroke="${colour}"${dash}><path d="M${way}"/><path d="${bars}"/></g>${dots.join("")}
<g transform="${place}"><circle r="5" fill="${colour}"/><text x="12" y="4">${escapeHtml(label)}</text></g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="system-ui, sans-serif" font-size="12" role="img">
<title>${figure} against ε</title>
<desc>${escapeHtml(caption)}</desc>
<rect width="100%" height="100%" fill="#fff"/>
<text x="${size.left}" y="24" font-size="15">${figure} against ε, on test rows</text>
<text x="${size.left}" y="42" fill="#444">means over seeds, 95 % intervals (Student's t)</text>
${ticks.join("\n")}
${names.join("\n")}
<text x="${size.left + width / 2}" y="${size.height - 14}" text-anchor="middle">ε</text>
${lines.join("\n")}
</svg>
`;
}
