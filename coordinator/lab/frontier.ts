/** The frontier as a figure: a quality against ε, a line a setting, means over seeds with their intervals. */
import * as Plot from "@observablehq/plot";
import type { Curve, Figure } from "../../shared/lab/curves.ts";
import { colours, legend, svgOf } from "../simulation/drawing.ts";

/** ε as words on an axis of places, the smallest first. */
export const inOrder = (epsilons: readonly (number | "inf")[]): string[] =>
  [...epsilons].sort((a, b) => (a === "inf" ? Infinity : a) - (b === "inf" ? Infinity : b)).map(nameOf);

export const nameOf = (epsilon: number | "inf"): string => (epsilon === "inf" ? "∞" : `${epsilon}`);

export function frontierOf(curves: readonly Curve[], figure: Figure, caption: string): string {
  const epsilons = [...new Set(curves.flatMap(({ points }) => points.map((p) => p.epsilon)))];
  const lines = curves.map(({ label, points }, i) => ({
    label,
    colour: colours[i % colours.length]!,
    dash: i < colours.length ? "none" : "5 3",
    // Beside each other, so that no interval hides another.
    dx: 5 * (i - (curves.length - 1) / 2),
    points: points.map(({ epsilon, spread }) => ({ epsilon: nameOf(epsilon), ...spread })),
  }));
  return svgOf({
    title: `${figure} against ε, on test rows`,
    under: "means over seeds, 95 % intervals (Student's t)",
    caption,
    options: {
      marginRight: 220,
      marginBottom: 45,
      x: { type: "point", domain: inOrder(epsilons), padding: 0.5, label: "ε", labelAnchor: "center" },
      y: { grid: true, nice: true, label: null },
      marks: [
        ...lines.flatMap(({ colour, dash, dx, points }) => [
          Plot.ruleX(points, { x: "epsilon", y1: "low", y2: "high", stroke: colour, dx }),
          Plot.line(points, { x: "epsilon", y: "mean", stroke: colour, strokeWidth: 1, strokeDasharray: dash, dx }),
          Plot.dot(points, { x: "epsilon", y: "mean", fill: colour, r: 4, dx }),
        ]),
        ...legend(lines),
      ],
    },
  });
}
