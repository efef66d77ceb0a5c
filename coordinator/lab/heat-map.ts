/** The same means as a table that is coloured: a setting a row, an ε a column. */
import * as Plot from "@observablehq/plot";
import type { Curve, Figure } from "../../shared/lab/curves.ts";
import { svgOf } from "../simulation/drawing.ts";
import { inOrder, nameOf } from "./frontier.ts";

/** Pixels that a letter of a row's name takes, at most */
const letter = 6.5;

export function heatMapOf(curves: readonly Curve[], figure: Figure, caption: string): string {
  const cells = curves.flatMap(({ label, points }) =>
    points.map(({ epsilon, spread }) => ({ label, epsilon: nameOf(epsilon), mean: spread.mean })),
  );
  const means = cells.map(({ mean }) => mean);
  const middle = (Math.min(...means) + Math.max(...means)) / 2;
  const epsilons = [...new Set(curves.flatMap(({ points }) => points.map((p) => p.epsilon)))];
  return svgOf({
    title: `${figure} by setting and ε, on test rows`,
    under: "means over seeds",
    caption,
    options: {
      marginLeft: 20 + letter * Math.max(...curves.map(({ label }) => label.length)),
      marginBottom: 45,
      width: 420 + letter * Math.max(...curves.map(({ label }) => label.length)),
      height: 120 + 30 * curves.length,
      x: { type: "band", domain: inOrder(epsilons), label: "ε", labelAnchor: "center" },
      y: { type: "band", domain: curves.map(({ label }) => label), label: null },
      color: { scheme: "blues" },
      marks: [
        Plot.cell(cells, { x: "epsilon", y: "label", fill: "mean", inset: 1 }),
        Plot.text(cells, {
          x: "epsilon",
          y: "label",
          text: ({ mean }: { mean: number }) => mean.toFixed(3),
          fill: ({ mean }: { mean: number }) => (mean > middle ? "#fff" : "#000"),
        }),
      ],
    },
  });
}
