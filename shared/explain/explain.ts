/** One row's explanation as a record that can be made again: the method, its seed, its background, what it found. */
import type { FeatureColumns } from "../data/features.ts";
import { InputError } from "../errors.ts";
import { featureColumns } from "../model.ts";
import type { OpenModel } from "../model-file.ts";
import { backgroundRows } from "./background.ts";
import type { Attributions, Game, Score } from "./coalitions.ts";
import { type Change, counterfactual } from "./counterfactual.ts";
import { denseGradient, integratedGradients } from "./integrated-gradients.ts";
import { kernelShap } from "./kernel-shap.ts";
import { limeTable } from "./lime-table.ts";
import { permutationShap } from "./permutation-shap.ts";
import { principalReasons } from "./reasons.ts";
import { Seeded } from "./seeded.ts";
import { exactShapley } from "./shapley.ts";
import { countRows, decides, growTree, pathOf, rowBins, splitText } from "./tree.ts";
import { rulesOf, treeSvg } from "./tree-svg.ts";

export const explainMethods = [
  "shap",
  "kernel-shap",
  "permutation-shap",
  "lime",
  "integrated-gradients",
  "counterfactual",
  "reasons",
  "tree",
] as const;
export type ExplainMethod = (typeof explainMethods)[number];

export interface ExplainOptions {
  method: ExplainMethod;
  seed: number;
  /** Features that a counterfactual must not change, beside the protected ones */
  frozen?: readonly string[];
  /** Where rows are scored, when not on the processor: logits of model inputs */
  score?: Score;
}

export interface Explanation {
  method: ExplainMethod;
  run: string;
  modelHash: string;
  seed: number;
  /** What the attributions add up to: the logit, or LIME's probability */
  unit: "logit" | "probability";
  /** The row's own score, in that unit */
  score: number;
  /** Whether the task's rule selects the row */
  selected: boolean;
  /** Of the background */
  base?: number;
  /** By feature, most weighty first */
  attributions?: Record<string, number>;
  /** Half the width of a 95 % interval by feature, where the method samples */
  intervals?: Record<string, number>;
  /** What the row is compared with */
  background?: string;
  /** base + Σ attributions − score; integrated gradients only approximate it */
  completenessError?: number;
  /** LIME: weighted R² of the small model; Jaccard index of its top five over twenty seeds */
  fit?: number;
  stability?: number;
  unstable?: boolean;
  /** Counterfactual: null when none was found */
  changes?: Change[] | null;
  scoreAfter?: number;
  /** Principal reasons, most weighty first */
  reasons?: string[];
  /** Tree: the way to each leaf and its decision; the row's own; share of fresh rows on which it decides as the model */
  rules?: string[];
  path?: string[];
  fidelity?: number;
  svg?: string;
  needsPerson?: boolean;
}

const backgroundCount = 100;

/** Reasons are tried against so many backgrounds of rows that just passed, picked from so many drawn. */
const reasonBackgrounds = 5;
const reasonRows = 50;
const reasonPool = 2000;

/** LIME below this would have said something else with another seed. */
const stableFrom = 0.7;

/** Of the surrogate tree */
const treeRows = 4000;
const treeDepth = 4;
const treeFewestRows = () => 20;

const normal95 = 1.959963984540054;

/** @param row one row @throws InputError where the method does not fit the model */
export async function explain(model: OpenModel, row: FeatureColumns, options: ExplainOptions): Promise<Explanation> {
  const { file } = model;
  const { features, context } = file;
  const { method, seed } = options;
  const score: Score = options.score ?? model.score;
  const scoreRows = async (rows: FeatureColumns) => score(Float64Array.from(model.encode(rows)));
  const own = Float64Array.from(model.encode(row));
  const logit = (await score(own))[0]!;
  const selected = logit > context.threshold;
  const record = {
    method,
    run: file.run,
    modelHash: file.modelHash,
    seed,
    unit: "logit",
    score: logit,
    selected,
  } as const;
  const names = features.map((f) => f.name);
  const draw = (count: number, at: number) => backgroundRows(features, context.marginals, count, new Seeded(at));
  const gameOf = (background: FeatureColumns): Game => ({
    score,
    row: own,
    background: Float64Array.from(model.encode(background)),
    players: featureColumns({ data: { features } }),
  });
  const everybody = `${backgroundCount} rows drawn from the noisy profile, each feature by itself`;
  const told = (found: Attributions): Explanation => ({
    ...record,
    base: found.base,
    attributions: byWeight(names, found.values),
    ...(found.errors.some((e) => e > 0) && {
      intervals: Object.fromEntries(names.map((name, i) => [name, normal95 * found.errors[i]!])),
    }),
    background: everybody,
    completenessError: found.values.reduce((a, b) => a + b, found.base) - found.score,
  });
  switch (method) {
    case "shap":
      return told(await exactShapley(gameOf(draw(backgroundCount, seed))));
    case "kernel-shap":
      return told(await kernelShap(gameOf(draw(backgroundCount, seed)), { seed }));
    case "permutation-shap":
      return told(await permutationShap(gameOf(draw(backgroundCount, seed)), { seed }));
    case "lime": {
      const probability = async (rows: FeatureColumns) =>
        Array.from(await scoreRows(rows), (z) => 1 / (1 + Math.exp(-z)));
      const fit = await limeTable(features, context.marginals, row, probability, { seed });
      const values = names.map((_, i) => fit.coefficients[fit.chosen.indexOf(i)] ?? 0);
      return {
        ...record,
        unit: "probability",
        score: 1 / (1 + Math.exp(-logit)),
        base: fit.intercept,
        attributions: byWeight(names, values),
        background: "5000 neighbours drawn from the noisy profile, each feature by itself",
        fit: fit.r2,
        stability: fit.stability,
        unstable: fit.stability < stableFrom,
      };
    }
    case "integrated-gradients": {
      const background = Float64Array.from(model.encode(draw(backgroundCount, seed)));
      const baseline = own.map((_, i) => {
        let sum = 0;
        for (let at = i; at < background.length; at += own.length) sum += background[at]!;
        return sum / backgroundCount;
      });
      const base = (await score(baseline))[0]!;
      const byColumn = await integratedGradients(denseGradient(file.architecture, model.parameters), own, baseline);
      const values = featureColumns({ data: { features } }).map((columns) =>
        columns.reduce((sum, column) => sum + byColumn[column]!, 0),
      );
      return {
        ...record,
        base,
        attributions: byWeight(names, values),
        background: `the mean of ${everybody}`,
        completenessError: values.reduce((a, b) => a + b, base) - logit,
      };
    }
    case "counterfactual": {
      const frozen = [...file.protected, ...(options.frozen ?? [])];
      const unknown = (options.frozen ?? []).find((name) => !names.includes(name));
      if (unknown) throw new InputError("freeze", `names «${unknown}»`, `Use features: ${names.join(", ")}.`);
      const { threshold, marginals } = context;
      const found = await counterfactual(features, marginals, row, scoreRows, { threshold, frozen });
      return { ...record, changes: found?.changes ?? null, ...(found && { scoreAfter: found.score }) };
    }
    case "tree": {
      const selectedOf = async (rows: FeatureColumns) =>
        Array.from(await scoreRows(rows), (z) => z > context.threshold);
      const learn = draw(treeRows, seed);
      const [bins, decisions] = [rowBins(features, learn), await selectedOf(learn)];
      const tree = await growTree(features, (at, open) => countRows(features, bins, decisions, at, open), {
        depth: treeDepth,
        fewestRows: treeFewestRows,
      });
      const fresh = draw(treeRows, seed + 1);
      const [freshBins, freshDecisions] = [rowBins(features, fresh), await selectedOf(fresh)];
      const right = freshDecisions.filter((decision, r) => decides(pathOf(tree, freshBins, r).at(-1)!) === decision);
      const path = pathOf(tree, rowBins(features, row), 0);
      return {
        ...record,
        background: `${treeRows} rows drawn from the noisy profile, each feature by itself; as many more for the fidelity`,
        rules: rulesOf(features, tree),
        path: path.flatMap(({ split }, i) =>
          split ? [splitText(features, split, split.below[0] === path[i + 1] ? 0 : 1)] : [],
        ),
        fidelity: right.length / treeRows,
        svg: treeSvg(features, tree, path),
      };
    }
    case "reasons": {
      if (selected)
        throw new InputError("row", "was selected, so there is nothing to give reasons for", "Name another row.");
      const games: Attributions[] = [];
      for (let k = 0; k < reasonBackgrounds; k++) {
        const pool = draw(reasonPool, seed + k);
        const justPassed = passing(await scoreRows(pool), context.threshold);
        if (justPassed.length === 0)
          throw new InputError(
            "threshold",
            "is passed by nobody of 2,000 rows drawn",
            "Reasons need somebody to compare with.",
          );
        const background = takeColumns(pool, justPassed);
        const game = gameOf(background);
        games.push(game.players.length <= 10 ? await exactShapley(game) : await kernelShap(game, { seed: seed + k }));
      }
      const { reasons, stability, needsPerson } = principalReasons(names, file.protected, games);
      const mean = names.map((_, i) => games.reduce((sum, game) => sum + game.values[i]!, 0) / games.length);
      return {
        ...record,
        base: games.reduce((sum, game) => sum + game.base, 0) / games.length,
        attributions: byWeight(names, mean),
        background: `${reasonBackgrounds} times the ${reasonRows} rows nearest above the cut-off, of ${reasonPool} drawn from the noisy profile`,
        reasons,
        stability,
        needsPerson,
      };
    }
  }
}

function byWeight(names: readonly string[], values: ArrayLike<number>): Record<string, number> {
  return Object.fromEntries(
    names.map((name, i) => [name, values[i]!] as const).sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])),
  );
}

/** Places of the rows nearest above the threshold. */
const passing = (scores: ArrayLike<number>, threshold: number): number[] =>
  Array.from(scores, (score, i) => ({ score, i }))
    .filter(({ score }) => score > threshold)
    .sort((a, b) => a.score - b.score)
    .slice(0, reasonRows)
    .map(({ i }) => i);

/** One or more rows of a table by their places. */
export function takeColumns(rows: FeatureColumns, places: readonly number[]): FeatureColumns {
  const columns: FeatureColumns = { count: places.length, numeric: {}, categorical: {} };
  for (const [name, values] of Object.entries(rows.numeric))
    columns.numeric[name] = Float64Array.from(places, (i) => values[i]!);
  for (const [name, values] of Object.entries(rows.categorical))
    columns.categorical[name] = Int16Array.from(places, (i) => values[i]!);
  return columns;
}
