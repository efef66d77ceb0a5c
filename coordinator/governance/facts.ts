/**
 * What a ledger proves of one run. A fact rests on one entry, named by its place; where the entries it is computed from
 * are not all there, there is no fact. Nothing is looked up anywhere else.
 */

import { columnsRead } from "../../shared/data/rows.ts";
import { pruned } from "../../shared/explain/tree.ts";
import { rulesOf } from "../../shared/explain/tree-svg.ts";
import type { LedgerEntry } from "../../shared/ledger/entries.ts";
import { ranked } from "../../shared/recommend/ranking.ts";
import { retentionDaysOf, type Task } from "../../shared/task.ts";
import { checkTask } from "../../shared/task-rules.ts";

export interface Evidence {
  /** In words and numbers */
  measured: string;
  /** Place of the ledger entry */
  entry: number;
  /** Whether the requirement's own measure holds; a fact that only has to be on record holds by being there */
  holds: boolean;
}

type Entry<K extends LedgerEntry["kind"]> = Extract<LedgerEntry, { kind: K }>;
interface Placed<K extends LedgerEntry["kind"]> {
  entry: Entry<K>;
  place: number;
}

/** The entries of one run, by kind, and its task. */
export interface RunEntries {
  task: Task | undefined;
  of<K extends LedgerEntry["kind"]>(kind: K): Placed<K>[];
  /** Every announcement was answered or given up, every answer announced and charged, and none is missing */
  whole: boolean;
}

export function runEntries(run: string, entries: readonly LedgerEntry[]): RunEntries {
  const own = entries.map((entry, place) => ({ entry, place })).filter(({ entry }) => entry.run === run);
  const of = <K extends LedgerEntry["kind"]>(kind: K) =>
    own.filter((e): e is { entry: Entry<K>; place: number } => e.entry.kind === kind);
  const launch = of("run")[0] ?? of("proposal")[0];
  const checked = launch && checkTask(launch.entry.task);
  return { task: checked && "task" in checked ? checked.task : undefined, of, whole: isWhole(of) };
}

function isWhole(of: RunEntries["of"]): boolean {
  const name = ({ entry }: { entry: { round: number; attempt: number } }) => `${entry.round}/${entry.attempt}`;
  const announced = new Set(of("announcement").map(name));
  const charged = new Set(of("charge").map(name));
  const rounds = of("round");
  const over = new Set([...rounds, ...of("abort")].map(name));
  return (
    rounds.length > 0 &&
    rounds.every((round, i) => round.entry.round === i + 1 && announced.has(name(round)) && charged.has(name(round))) &&
    [...announced].every((attempt) => over.has(attempt)) &&
    [...charged].every((attempt) => announced.has(attempt))
  );
}

const number = (value: number) => String(Number(value.toPrecision(4)));

type Fact = (run: RunEntries) => Evidence | undefined;

const launched =
  (tell: (task: Task, launch: Placed<"run">) => string | Omit<Evidence, "entry">): Fact =>
  (run) => {
    const launch = run.of("run")[0];
    if (!launch || !run.task) return undefined;
    const told = tell(run.task, launch);
    return { holds: true, ...(typeof told === "string" ? { measured: told } : told), entry: launch.place };
  };

const evaluated =
  (
    tell: (
      metrics: NonNullable<Entry<"round">["record"]["metrics"]>,
      task: Task,
      ranking: Entry<"round">["record"]["ranking"],
    ) => string | undefined,
  ): Fact =>
  (run) => {
    const found = run.of("round").find(({ entry }) => entry.record.question === "evaluate");
    const { metrics, ranking } = found?.entry.record ?? {};
    const measured = metrics && run.task && tell(metrics, run.task, ranking);
    return measured !== undefined && found ? { measured, entry: found.place, holds: true } : undefined;
  };

const ended =
  (tell: (end: Entry<"end">, run: RunEntries) => string | Omit<Evidence, "entry"> | undefined): Fact =>
  (run) => {
    const end = run.of("end")[0];
    const told = end && tell(end.entry, run);
    if (!end || told === undefined) return undefined;
    return { holds: true, ...(typeof told === "string" ? { measured: told } : told), entry: end.place };
  };

const rankingGaps = (ranking: Entry<"round">["record"]["ranking"]): string | undefined => {
  const told = Object.entries(ranking?.gaps ?? {}).map(
    ([name, { hitRate, deviation }]) => `${name} ${number(hitRate)} ± ${number(deviation)}`,
  );
  return told.length === 0 ? undefined : `largest difference of HR@10 between groups: ${told.join(", ")}`;
};

const smallest = <T>(items: readonly T[], size: (item: T) => number): T | undefined =>
  items.reduce<T | undefined>(
    (least, item) => (least === undefined || size(item) < size(least) ? item : least),
    undefined,
  );

const statement = ({ epsilon, delta, unit, relation }: Entry<"charge">["privacy"]) =>
  `ε = ${number(epsilon)} at δ = ${delta} for one ${unit} (${relation})`;

/** What a laptop processor of the low-power class is built to draw for long; a desktop's graphics card draws ten times that. */
const assumedWatts = 15;

/** Every fact a rule may ask for, by name. */
export const facts = {
  purpose: launched((task) => `«${task.purpose}»`),
  record: launched(
    (task, { entry }) =>
      `task ${task.name}, launched ${entry.startedAt}, task hash ${entry.taskHash.slice(0, 16)}…, seed ${entry.seed}`,
  ),
  columns: launched(({ data: { features, text, label } }) => {
    if ("order" in label) return `choices are read from two columns: ${label.column} and ${label.order}`;
    return text
      ? `one column of texts is read: ${text.column}, at most ${text.tokens} tokens of each`
      : `${features.length} columns are read: ${features.map((f) => f.name).join(", ")}`;
  }),
  identifiers: launched((task) => {
    const { identifiers } = task.data;
    const read = columnsRead(task).filter((column) => identifiers.includes(column));
    return {
      measured:
        identifiers.length > 0
          ? `dropped when a file is read: ${identifiers.join(", ")}`
          : "the task names no identifying column; none is read",
      holds: read.length === 0,
    };
  }),
  sensitive: launched((task) => {
    const { sensitive } = task.data;
    return {
      measured:
        sensitive.length > 0
          ? `counted by ${sensitive.map((a) => `${a.name} (${a.groups.map((g) => g.name).join(", ")})`).join("; ")}`
          : "no sensitive attribute is named, so no gap between groups is measured",
      holds: sensitive.length > 0,
    };
  }),
  protectedInputs: launched((task) => {
    const columns = new Set(task.data.sensitive.map((a) => a.column));
    const read = columnsRead(task).filter((column) => columns.has(column));
    return {
      measured:
        read.length > 0
          ? `the model reads the columns of sensitive attributes: ${read.join(", ")}`
          : `no column of a sensitive attribute is among the model's inputs (${columns.size} named)`,
      holds: read.length === 0 && columns.size > 0,
    };
  }),
  architecture: launched(
    (task) =>
      `${task.model.layers.map((l) => (l.kind === "dense" ? `dense ${l.outputs} (${l.activation})` : l.kind)).join(" → ")}; group lasso ${task.objective.transparency}`,
  ),
  heldBack: launched(({ data }) =>
    data.items
      ? "each participant's last choice never trains; it measures the model"
      : `${number(100 * data.heldBack)} % of each participant's rows never train; they measure the model`,
  ),
  promise: launched((task) => `at most ${statement({ ...task.privacy, relation: "add-remove" })} over the whole run`),
  conditions: launched((task) => ({
    measured:
      task.gates.map((g) => `${g.metric} ${g.atMost !== undefined ? `≤ ${g.atMost}` : `≥ ${g.atLeast}`}`).join(", ") ||
      "no gate",
    holds: task.gates.length > 0,
  })),
  retention: launched(
    (task) => `participants' public keys are deleted ${retentionDaysOf(task)} days after the run's end`,
  ),
  consentWithdrawal: (run) => {
    const withdrawals = run.of("withdrawal");
    const place = withdrawals.at(-1)?.place ?? run.of("end")[0]?.place;
    if (place === undefined) return undefined;
    return {
      measured: `${withdrawals.length} participants took their consent back; who, is on no record`,
      entry: place,
      holds: true,
    };
  },
  reviewed: (run) => {
    const launch = run.of("run")[0];
    if (!launch?.entry.approvals || launch.entry.approvals.length === 0) return undefined;
    const names = run.task?.review?.reviewers.map((r) => r.name) ?? [];
    return {
      measured: `signed by ${names.join(", ")} before the launch, with their reasons`,
      entry: launch.place,
      holds: true,
    };
  },
  spent: (run) => {
    const last = run.of("charge").at(-1);
    if (!run.whole || !last || !run.task) return undefined;
    const { privacy } = last.entry;
    return {
      measured: `${statement(privacy)} spent, of ${run.task.privacy.epsilon} promised, in ${run.of("charge").length} charges`,
      entry: last.place,
      holds: privacy.epsilon <= run.task.privacy.epsilon,
    };
  },
  noise: (run) => {
    const quietest = smallest(run.of("charge"), ({ entry }) => entry.noiseMultiplier);
    if (!run.whole || !quietest) return undefined;
    return {
      measured: `every sum carries noise of at least ${number(quietest.entry.noiseMultiplier)} times its sensitivity; each was charged before it was read`,
      entry: quietest.place,
      holds: quietest.entry.noiseMultiplier > 0,
    };
  },
  cohort: (run) => {
    const least = smallest(run.of("round"), ({ entry }) => entry.record.survivors);
    if (!run.whole || !least) return undefined;
    return {
      measured: `the smallest sum read was of ${least.entry.record.survivors} participants; no single answer was ever readable`,
      entry: least.place,
      holds: least.entry.record.survivors >= 2,
    };
  },
  drops: (run) => {
    const last = run.of("round").at(-1);
    if (!run.whole || !last) return undefined;
    const lost = run
      .of("round")
      .reduce((sum, { entry }) => sum + Object.values(entry.record.dropped).reduce((a, b) => a + b, 0), 0);
    return {
      measured: `${run.of("round").length} rounds answered, ${run.of("abort").length} given up with nothing revealed, ${lost} dropouts borne`,
      entry: last.place,
      holds: true,
    };
  },
  time: (run) => {
    const last = run.of("round").at(-1);
    if (!run.whole || !last) return undefined;
    const rounds = run.of("round").map(({ entry }) => entry.record);
    const ms = rounds.reduce((sum, { duration }) => sum + duration, 0);
    const deviceHours = rounds.reduce((sum, { duration, cohort }) => sum + duration * cohort, 0) / 3_600_000;
    return {
      measured: `${number(ms / 1000)} s in rounds, ${number(deviceHours)} device hours; energy was not measured: at an assumed ${assumedWatts} W a device, busy all along, it is ${number(deviceHours * assumedWatts)} Wh`,
      entry: last.place,
      holds: true,
    };
  },
  objective: (run) => {
    const last = run
      .of("round")
      .filter(({ entry }) => entry.record.objective)
      .at(-1);
    const terms = last?.entry.record.objective;
    if (!run.whole || !last || !terms) return undefined;
    return {
      measured: Object.entries(terms)
        .map(([name, value]) => `${name} ${number(value)}`)
        .join(", "),
      entry: last.place,
      holds: true,
    };
  },
  monitoring: (run) => {
    const measured = run.of("round").filter(({ entry }) => entry.record.metrics);
    const last = measured.at(-1);
    if (!run.whole || !last) return undefined;
    return {
      measured: `accuracy, AUC and gaps stand in ${measured.length} rounds' entries`,
      entry: last.place,
      holds: true,
    };
  },
  saturated: (run) => {
    const training = run.of("round").filter(({ entry }) => entry.record.question === "train");
    const last = training.at(-1);
    if (!run.whole || !last) return undefined;
    const inVain = training.filter(({ entry }) => entry.record.metrics?.saturated).length;
    return {
      measured: `in ${inVain} of ${training.length} rounds the penalty pushed as hard as it may and the gap was still too wide`,
      entry: last.place,
      holds: inVain < training.length / 2,
    };
  },
  // Of a hundred items one was chosen: who says no to all is right 99 times.
  accuracy: evaluated(({ accuracy }, { data }, ranking) =>
    data.items
      ? ranking &&
        `HR@10 ${number(ranking.hitRate)} ± ${number(ranking.deviation)} and NDCG@10 ${number(ranking.ndcg)}, of last choices among ${ranked} others, from a noisy sum`
      : `accuracy ${number(accuracy)} on held-back rows, from a noisy sum`,
  ),
  auc: evaluated(({ auc }) => `AUC ${number(auc)} on held-back rows, from a noisy sum`),
  gaps: evaluated(({ gaps, threshold }, { data }, ranking) => {
    if (data.items) return rankingGaps(ranking);
    return Object.keys(gaps).length === 0
      ? undefined
      : `demographic parity difference at ${number(threshold)}: ${Object.entries(gaps)
          .map(([name, gap]) => `${name} ${number(gap)}`)
          .join(", ")}`;
  }),
  importance: (run) => {
    const told = run.of("round").find(({ entry }) => entry.record.importance);
    const importance = told?.entry.record.importance;
    if (!told || !importance) return undefined;
    const heaviest = Object.entries(importance)
      .sort((a, b) => b[1] - a[1])
      .slice(0, 5);
    return {
      measured: `mean absolute attribution in logits, from a noisy sum; most weighty: ${heaviest
        .map(([name, weight]) => `${name} ${number(weight)}`)
        .join(", ")}`,
      entry: told.place,
      holds: true,
    };
  },
  surrogate: (run) => {
    const rules = ({ task, of }: typeof run) => {
      const grown = of("round")
        .filter(({ entry }) => entry.record.tree)
        .at(-1)?.entry.record.tree;
      return task && grown ? `: ${rulesOf(task.data.features, pruned(grown)).join("; ")}` : "";
    };
    const told = run.of("round").find(({ entry }) => entry.record.fidelity !== undefined);
    if (!told) return undefined;
    return {
      measured: `a surrogate tree, grown from noisy counts, agrees with the model on ${number(100 * told.entry.record.fidelity!)} % of held-back rows${rules(run)}`,
      entry: told.place,
      holds: true,
    };
  },
  components: (run) => {
    const told = run.of("round").find(({ entry }) => entry.record.components);
    const shares = told?.entry.record.components?.shares;
    if (!told || !shares) return undefined;
    return {
      measured: `${shares.length} principal components of the inputs, from their noisy second moment, carry ${shares.map((share) => number(100 * share)).join(", ")} % of the variance`,
      entry: told.place,
      holds: true,
    };
  },
  gates: ended(({ gates }) => {
    if (gates.length === 0) return { measured: "the task names no gate", holds: false };
    const met = gates.filter((g) => g.met === true).length;
    return { measured: `${met} of ${gates.length} gates met at the end`, holds: met === gates.length };
  }),
  model: ended(
    ({ modelHash }) => `model ${modelHash.slice(0, 16)}…; whoever holds a file can check that it is this one`,
  ),
  ending: ended(({ state, reason }) => `the run is ${state}: ${reason}`),
  exception: (run) => {
    const excepted = run
      .of("review")
      .filter(({ entry }) => entry.statement.body.decision === "except")
      .at(-1);
    return (
      excepted && { measured: "a reviewer signed an exception from the gates", entry: excepted.place, holds: true }
    );
  },
  exported: (run) => {
    const last = run.of("export").at(-1);
    return (
      last && {
        measured: `exported ${run.of("export").length} times, last as ${last.entry.format} on ${last.entry.at}`,
        entry: last.place,
        holds: true,
      }
    );
  },
} satisfies Record<string, Fact>;

export type FactName = keyof typeof facts;
