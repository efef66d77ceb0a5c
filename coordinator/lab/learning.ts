/** How accuracy on the test rows came about, round by round: a field an ε, a line a setting, means over seeds. */
import * as Plot from "@observablehq/plot";
import type { Grid } from "../../shared/lab/grid.ts";
import { pathsOf } from "../../shared/lab/paths.ts";
import { colours, legend, svgOf } from "../simulation/drawing.ts";
import { inOrder, nameOf } from "./frontier.ts";
import type { Done } from "./sweep.ts";

export function learningOf(grid: Grid, done: readonly Done[], caption: string): string {
  const points = pathsOf(grid, done).map((point) => ({ ...point, epsilon: nameOf(point.epsilon) }));
  const labels = [...new Set(points.map(({ label }) => label))];
  const lines = labels.map((label, i) => ({ label, colour: colours[i % colours.length]! }));
  return svgOf({
    title: "accuracy by round, on test rows",
    under: "of the model as it would be given out then; means over seeds, 95 % intervals (Student's t); a field an ε",
    caption,
    options: {
      width: 960,
      marginTop: 80,
      marginRight: 220,
      marginBottom: 45,
      fx: { domain: inOrder(grid.epsilon), label: null, tickFormat: (epsilon: string) => `ε = ${epsilon}` },
      x: { label: "round", labelAnchor: "center", ticks: 3 },
      y: { grid: true, nice: true, label: null },
      marks: [
        ...lines.flatMap(({ label, colour }) => {
          const own = points.filter((point) => point.label === label);
          const at = { fx: "epsilon", x: "round" };
          return [
            Plot.areaY(own, { ...at, y1: "low", y2: "high", fill: colour, fillOpacity: 0.12 }),
            Plot.lineY(own, { ...at, y: "mean", stroke: colour }),
          ];
        }),
        ...legend(lines),
      ],
    },
  });
}
