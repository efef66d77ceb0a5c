/**
 * A scenario from end to end: its tolerance chosen on held-back rows, then every way to train over several seeds,
 * measured on test rows that nobody trained on and nothing was chosen by.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { TypedRows } from "../../shared/data/rows.ts";
import { type Spread, spreadOf } from "../../shared/lab/spread.ts";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import type { Task } from "../../shared/task.ts";
import { asTask } from "../../shared/task-rules.ts";
import { fetchData } from "../command/data.ts";
import { projectRoot } from "../command/project-root.ts";
import { type Change, merge, withoutGates } from "./change.ts";
import { fairFed } from "./fairfed.ts";
import { Federation, type Outcome } from "./federation.ts";
import { type Judged, judge, type Measurement, measure, measureTogether } from "./measure.ts";
import { encode, type Participant, participantsOf, typed } from "./population.ts";
import { recordsOf } from "./records.ts";
import { type Quality, type Scenario, scenarios } from "./scenarios.ts";
import { chooseTolerance, type Goal, jackknife, type Look } from "./tolerance.ts";

export const methods = ["no penalty", "naive local penalties", "FairFed", "ours", "central, same penalty"] as const;
export type Method = (typeof methods)[number];

export interface MethodResult {
  accuracy: Spread;
  auc: Spread;
  /** Of each seed the widest of the attributes */
  gap: Spread;
  gapOf: Record<string, Spread>;
  worstGroupAccuracy: Spread;
}

export interface BenchResult {
  scenario: string;
  task: string;
  gap: string;
  attributes: readonly string[];
  /** Null: the sums carry no noise */
  epsilon: number | null;
  unit: string;
  participants: number;
  seeds: number[];
  /** The tolerance that the choice on held-back rows fell on, and all that was looked at */
  tolerance: number;
  looked: Look[];
  methods: Partial<Record<Method, MethodResult>>;
  /** Rounds at whose end a constraint of ours was pushed in vain */
  notReached: number;
  /** Where there is what it is about */
  goal: { text: string; reached: boolean } | undefined;
  seconds: number;
}

export interface BenchOptions {
  seeds: number;
  /** Folder with a folder of original files for each data set; without it they are fetched */
  dataDir?: string;
  cacheDir: string;
  only?: readonly Method[];
  onProgress: (line: string) => void;
}

/** No seed that is reported: tolerances are chosen by these. Each holds other rows back, at a fifth nine tenths of all. */
const choosingSeeds = Array.from({ length: 10 }, (_, i) => 101 + i);

export async function bench(name: string, options: BenchOptions): Promise<BenchResult> {
  const began = Date.now();
  const scenario = scenarios[name]!;
  const { dataDir, cacheDir, onProgress } = options;
  const data = await fetchData(scenario.data, {
    cacheDir,
    ...(dataDir !== undefined && { dataDir: join(dataDir, scenario.folder) }),
  });
  const train = recordsOf(data.path);
  const test = recordsOf(data.testPath);
  const base = parse(readFileSync(join(projectRoot, "tasks", `${scenario.task}.yaml`), "utf8")) as Change;
  const taskWith = (change: Change) => asTask(withoutGates(merge(merge(base, scenario.change ?? {}), change)));
  const first = taskWith({});
  const world: World = { scenario, train, rows: typed(train, first), testRows: typed(test, first) };

  /** What several runs' held-back rows say together, and how sure that is. */
  const lookAt = async (task: Task, method: Method) => {
    const judged: Judged[] = [];
    for (const seed of choosingSeeds) {
      const { participants, outcome } = await federate(world, task, seed, method);
      const heldBack = participants.flatMap((p) => [...p.heldBack]);
      judged.push(judge(task, encode(world.rows, task, outcome.normalisation), heldBack, outcome.parameters));
    }
    const figures = (samples: readonly Judged[]) => figuresOf(scenario, measureTogether(samples));
    return {
      figures: figures(judged),
      errorOf: (of: (figures: Figures) => number) => jackknife(judged, (samples) => of(figures(samples))),
    };
  };
  const withoutPenalty = scenario.goal ? undefined : (await lookAt(first, "no penalty")).figures;
  const goal = goalOf(scenario, withoutPenalty);
  const { tolerance, looked } = await chooseTolerance(goal, async (tolerance) => {
    const { figures, errorOf } = await lookAt(taskWith({ fairness: { tolerance } }), "ours");
    const seen = {
      ...{ tolerance, quality: figures[goal.quality], gap: figures.gap },
      ...{ qualityError: errorOf((f) => f[goal.quality]), gapError: errorOf((f) => f.gap) },
    };
    onProgress(
      `${name}: tolerance ${tolerance} has ${goal.quality} ${seen.quality.toFixed(4)} ± ${seen.qualityError.toFixed(4)}, gap ${seen.gap.toFixed(4)} ± ${seen.gapError.toFixed(4)} on held-back rows`,
    );
    return seen;
  });
  const task = taskWith({ fairness: { tolerance } });

  const seeds = Array.from({ length: options.seeds }, (_, i) => i + 1);
  const results: BenchResult["methods"] = {};
  let notReached = 0;
  let participants = 0;
  for (const method of options.only ?? methods) {
    const figures: Figures[] = [];
    for (const seed of seeds) {
      const run = await federate(world, task, seed, method);
      if (method === "ours") {
        participants = run.participants.length;
        notReached += run.outcome.steps.at(-1)!.some((c) => c.saturated) ? 1 : 0;
      }
      const judged = encode(world.testRows, task, run.outcome.normalisation);
      const own = figuresOf(scenario, measure(task, judged, range(judged.rows.count), run.outcome.parameters));
      onProgress(
        `${name}: ${method}, seed ${seed}: accuracy ${own.accuracy.toFixed(4)}, gap ${own.gaps.map((gap) => gap.toFixed(4)).join(" and ")}`,
      );
      figures.push(own);
    }
    results[method] = {
      accuracy: spreadOf(figures.map((f) => f.accuracy)),
      auc: spreadOf(figures.map((f) => f.auc)),
      gap: spreadOf(figures.map((f) => f.gap)),
      gapOf: Object.fromEntries(
        scenario.attributes.map((name, a) => [name, spreadOf(figures.map((f) => f.gaps[a]!))] as const),
      ),
      worstGroupAccuracy: spreadOf(figures.map((f) => f.worstGroupAccuracy)),
    };
  }
  return {
    scenario: name,
    task: scenario.task,
    gap: scenario.gap,
    attributes: scenario.attributes,
    epsilon: scenario.isPrivate ? task.privacy.epsilon : null,
    unit: task.privacy.unit,
    participants,
    seeds,
    tolerance,
    looked,
    methods: results,
    notReached,
    goal: verdictOf(scenario, results),
    seconds: Math.round((Date.now() - began) / 1000),
  };
}

interface World {
  scenario: Scenario;
  train: Record<string, string>[];
  rows: TypedRows;
  testRows: TypedRows;
}

interface Figures {
  accuracy: number;
  auc: number;
  gap: number;
  /** By the scenario's attributes */
  gaps: number[];
  worstGroupAccuracy: number;
}

const range = (count: number) => Uint32Array.from({ length: count }, (_, i) => i);

async function federate({ scenario, train, rows }: World, task: Task, seed: number, method: Method) {
  const random = seededRandom(seed);
  const names = scenario.parts(train, random);
  const numbers = new Map<string, number>();
  for (const name of names) if (!numbers.has(name)) numbers.set(name, numbers.size);
  const participants = participantsOf(
    names.map((name) => numbers.get(name)!),
    task.data.heldBack,
    random,
  );
  const without = asTask({ ...task, fairness: { ...task.fairness, penalty: "none", also: undefined } });
  const setting = { rows, random, seed, participants, isPrivate: scenario.isPrivate, penaltyOn: "everyone" as const };
  let outcome: Outcome;
  switch (method) {
    case "no penalty":
      outcome = await new Federation({ ...setting, task: without }).run();
      break;
    case "ours":
      outcome = await new Federation({ ...setting, task }).run();
      break;
    case "naive local penalties":
      outcome = await new Federation({ ...setting, task, penaltyOn: "itself" }).run();
      break;
    case "central, same penalty": {
      // One holder of all training rows, no noise; one step a round on all of them.
      const all = {
        train: participants.flatMap((p) => [...p.train]),
        heldBack: participants.flatMap((p) => [...p.heldBack]),
      };
      const whole: Participant = { train: Uint32Array.from(all.train), heldBack: Uint32Array.from(all.heldBack) };
      outcome = await new Federation({
        ...setting,
        task: centrally(task),
        participants: [whole],
        isPrivate: false,
      }).run();
      break;
    }
    case "FairFed": {
      // Its normalisation is that of a run without noise; its model is its own.
      const { normalisation, ...rest } = await new Federation({
        ...setting,
        task: asTask({ ...without, training: { ...task.training, rounds: 1 } }),
        isPrivate: false,
      }).run();
      const data = encode(rows, task, normalisation);
      const parameters = fairFed(task, data, participants, {
        gap: (model, which) => {
          const { gap } = figuresOf(scenario, measure(task, data, which, model));
          return Number.isNaN(gap) ? undefined : gap;
        },
        rounds: 20,
        seed,
        learningRate: 0.3,
      });
      outcome = { ...rest, normalisation, parameters: Float32Array.from(parameters) };
    }
  }
  return { participants, outcome };
}

/** A person's local steps have no meaning for one holder of all rows: plain steps at record level, as long a way. */
const centrally = (task: Task): Task =>
  task.privacy.unit === "record"
    ? task
    : asTask({
        ...task,
        privacy: { ...task.privacy, unit: "record", clipNorm: 20 },
        cohort: { ...task.cohort, minimum: 5, maximum: 100 },
        training: { ...task.training, rounds: 100, learningRate: 3 },
      });

/** The widest of the scenario's gaps; NaN where one does not exist. */
function figuresOf({ gap, attributes }: Scenario, measured: Measurement): Figures {
  const own = attributes.map((name) => measured.byAttribute[name]!);
  const gaps = own.map((m) => (gap === "averageOddsError" ? m.meanOddsDifference : m[gap]) ?? Number.NaN);
  const worst = own.map((m) => m.worstGroupAccuracy ?? Number.NaN);
  return {
    accuracy: measured.accuracy,
    auc: measured.auc,
    gap: Math.max(...gaps),
    gaps,
    worstGroupAccuracy: Math.min(...worst),
  };
}

/** @param without what there is without a penalty, in the place of a goal that is written down */
function goalOf(
  { goal }: Scenario,
  without?: { gap: number; worstGroupAccuracy: number },
): Goal & { quality: Quality } {
  return (
    goal ?? {
      quality: "worstGroupAccuracy",
      atLeast: without!.worstGroupAccuracy - 0.01,
      gapAtMost: without!.gap / 2,
    }
  );
}

/** On test rows */
function verdictOf(scenario: Scenario, results: BenchResult["methods"]): BenchResult["goal"] {
  const { ours, "no penalty": none } = results;
  if (!ours || !none) return undefined;
  const { quality, atLeast, gapAtMost } = goalOf(scenario, {
    gap: none.gap.mean,
    worstGroupAccuracy: none.worstGroupAccuracy.mean,
  });
  // A goal is of each attribute's mean; half of what there was, of the means of the widest.
  const gaps = scenario.goal ? Object.values(ours.gapOf) : [ours.gap];
  return {
    text: scenario.goal
      ? `${quality} ≥ ${atLeast} at a gap ≤ ${gapAtMost} for each attribute`
      : "the widest gap halved, the worst group's accuracy within 0.01",
    reached: ours[quality].mean >= atLeast && gaps.every((gap) => gap.mean <= gapAtMost),
  };
}
