/** A scenario's result as a figure: accuracy against gap, every way to train with its intervals. */
import * as Plot from "@observablehq/plot";
import { type BenchResult, type Method, methods } from "./bench.ts";
import { colours, legend, svgOf } from "./drawing.ts";

/** Shapes tell them apart in print. */
const symbols: Record<Method, Plot.SymbolType> = {
  "no penalty": "square",
  "naive local penalties": "triangle",
  FairFed: "diamond",
  ours: "circle",
  "central, same penalty": "cross",
};

export function plotOf(result: BenchResult): string {
  const quality = result.gap === "aucGap" ? "auc" : "accuracy";
  const shown = methods.flatMap((method, i) => {
    const own = result.methods[method];
    const look = { label: method, colour: colours[i]!, symbol: symbols[method] };
    return own && Number.isFinite(own.gap.mean) ? [{ ...look, gap: own.gap, quality: own[quality] }] : [];
  });
  const privacy =
    result.epsilon === null
      ? "no privacy noise"
      : `ε = ${result.epsilon} per ${result.unit} (FairFed and central: none)`;
  return svgOf({
    title: `${result.scenario}: ${quality === "auc" ? "AUC" : "accuracy"} against ${result.gap}`,
    under: `${result.attributes.join(", ")} · ${result.participants} participants · ${privacy} · ${result.seeds.length} seeds, 95 % intervals`,
    options: {
      height: 440,
      marginRight: 190,
      marginBottom: 45,
      x: { grid: true, nice: true, zero: true, label: `gap (${result.gap}) on test rows`, labelAnchor: "center" },
      y: { grid: true, nice: true, label: null },
      marks: [
        ...shown.flatMap(({ gap, quality, colour, symbol }) => [
          Plot.ruleX([gap.mean], { y1: quality.low, y2: quality.high, stroke: colour }),
          Plot.ruleY([quality.mean], { x1: Math.max(0, gap.low), x2: gap.high, stroke: colour }),
          Plot.dot([gap.mean], { x: gap.mean, y: quality.mean, r: 6, fill: colour, symbol }),
        ]),
        ...legend(shown),
      ],
    },
  });
}
