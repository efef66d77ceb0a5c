/** A sweep as one HTML file: figures with the exact setting under each, a table, the grid, the task, the versions. */
import { curvesOf, type Figure, figuresOf } from "../../shared/lab/curves.ts";
import { type Grid, labelOf } from "../../shared/lab/grid.ts";
import type { Search } from "../../shared/lab/search.ts";
import { spreadOf } from "../../shared/lab/spread.ts";
import { escapeHtml, htmlPage, htmlTable } from "../governance/html.ts";
import type { CellResult } from "./cell.ts";
import { frontierOf, nameOf } from "./frontier.ts";
import { heatMapOf } from "./heat-map.ts";
import { learningOf } from "./learning.ts";
import type { Done } from "./sweep.ts";
import { taskOf } from "./task-of.ts";
import type { World } from "./world.ts";

/** What a reader needs to make the figure again: all that the cells share, and what differs by line. */
export function captionOf(
  world: Pick<World, "grid" | "base">,
  done: readonly Done[],
  figure: Figure,
  arithmetic: string,
): string {
  const { grid } = world;
  const { cell, result } = done[0]!;
  const { privacy, training, fairness, model } = taskOf(world, cell);
  const one = (values: readonly unknown[] | undefined, text: string) => ((values?.length ?? 1) > 1 ? [] : [text]);
  const layers = model.layers.map((layer) => ("outputs" in layer ? layer.outputs : layer.kind)).join("-");
  return [
    `${figure} on the test rows of ${grid.data}`,
    ...one(
      grid.split,
      `${result.participants} participants, split ${JSON.stringify(cell.split)}${grid.cohort ? "" : ", everyone in every round"}`,
    ),
    ...one(grid.unit, `ε per ${privacy.unit}`),
    ...one(grid.delta, `δ = ${privacy.delta}`),
    ...one(grid.mechanism, `${cell.mechanism} discrete Gaussian noise`),
    ...one(grid.clipNorm, `clip norm ${privacy.clipNorm} (${privacy.clipping ?? "fixed"})`),
    ...one(grid.model, `dense layers ${layers}`),
    ...one(grid.rounds, `${training.rounds} rounds`),
    ...[
      ["cohort", grid.cohort],
      ["dropouts", grid.dropouts],
      ["stragglers", grid.stragglers],
      ["poisoned", grid.poisoned],
      ["aggregation", grid.aggregation],
      ["bands", grid.bands],
      ["local work", grid.local],
      ["server", grid.server],
    ].flatMap(([name, values]) => (values?.length === 1 ? [`${name} ${JSON.stringify(values[0])}`] : [])),
    `server step ${training.learningRate}, momentum ${training.momentum}`,
    ...one(grid.penalty, `penalty ${fairness.penalty}`),
    ...one(grid.tolerance, `tolerance ${fairness.tolerance}`),
    ...(grid.search ? [searchOf(grid.search, done)] : []),
    `seeds ${grid.seeds.join(", ")}`,
    "means with 95 % intervals over seeds (Student's t); simulated without masks, which change no sum",
    arithmetic,
  ].join("; ");
}

/** ε on an axis is that of one run: what the search makes of it has to stand beside it. */
function searchOf({ kind, over, by, trials }: Search, done: readonly Done[]): string {
  const costs = new Map(done.map(({ cell, result }) => [cell.epsilon, result.searchEpsilon]));
  const paid = [...costs].flatMap(([epsilon, whole]) => (whole ? [`${epsilon} → ${whole.toFixed(2)}`] : []));
  return `${Object.keys(over).join(", ")} chosen by private ${by}, ${kind} search of ${trials}${kind === "random" ? " runs on average" : ""}; ε shown is one run's, with the search ${paid.join(", ") || "∞"}`;
}

export interface ReportParts {
  grid: Grid;
  gridText: string;
  taskText: string;
  versions: Record<string, string>;
  done: readonly Done[];
  plots: readonly Plot[];
  /** What runs a cell again, but for its number */
  command: string;
}

export interface Plot {
  /** Of its file, without an ending */
  name: string;
  caption: string;
  svg: string;
}

/** A frontier and, where there are several settings, a heat map for every figure; how the accuracy came about. */
export function plotsOf(world: Pick<World, "grid" | "base">, done: readonly Done[], arithmetic: string): Plot[] {
  const { grid } = world;
  const plots = figuresOf(done).flatMap((figure) => {
    const caption = captionOf(world, done, figure, arithmetic);
    const curves = curvesOf(grid, done, figure);
    const frontier = { name: figure, caption, svg: frontierOf(curves, figure, caption) };
    if (curves.length < 2 || grid.epsilon.length < 2) return [frontier];
    return [frontier, { name: `${figure}-map`, caption, svg: heatMapOf(curves, figure, caption) }];
  });
  const caption = captionOf(world, done, "accuracy", arithmetic);
  return [...plots, { name: "learning", caption, svg: learningOf(grid, done, caption) }];
}

export function reportOf({ grid, gridText, taskText, versions, done, plots, command }: ReportParts): string {
  const settings = new Map<string, CellResult[]>();
  for (const { cell, result } of done) {
    const label = `${labelOf(grid, cell, ["epsilon"])} · ε ${nameOf(cell.epsilon)}`;
    settings.set(label, [...(settings.get(label) ?? []), result]);
  }
  const shown = figuresOf(done);
  const rows = [...settings].map(([label, results]) => [
    label,
    ...shown.map((figure) => {
      const values = results.map((result) => result[figure]);
      if (values.some((x) => x === null)) return { text: "–", class: "number" };
      const { mean, low, high } = spreadOf(values as number[]);
      return { text: `${mean.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})`, class: "number" };
    }),
  ]);
  const cells = done.map(({ cell, result }, i) => [
    `${i + 1}`,
    labelOf(grid, cell, ["epsilon"]),
    nameOf(cell.epsilon),
    `${cell.seed}`,
    { text: result.accuracy.toFixed(4), class: "number" },
    `${result.model.slice(0, 12)}…`,
  ]);
  const named = Object.entries({ ...versions, seeds: grid.seeds.join(", ") });
  const body = [
    `<h1>${escapeHtml(grid.name)}</h1>`,
    ...plots.map(
      ({ svg, caption }) => `<figure>${svg}<figcaption class="quiet">${escapeHtml(caption)}</figcaption></figure>`,
    ),
    "<h2>Means and 95 % intervals over seeds</h2>",
    htmlTable(["setting", ...shown], rows),
    "<h2>Cells</h2>",
    `<p>Each is the same again by its number: <code>${escapeHtml(command)} --cell N</code></p>`,
    htmlTable(["N", "setting", "ε", "seed", "accuracy", "model"], cells),
    "<h2>Made by</h2>",
    htmlTable(["what", "which"], named),
    "<h2>Grid</h2>",
    `<pre>${escapeHtml(gridText)}</pre>`,
    "<h2>Task</h2>",
    `<pre>${escapeHtml(taskText)}</pre>`,
  ];
  return htmlPage(grid.name, body.join("\n"));
}
