/**
 * What a ledger says about one run, and nothing it does not say: a line with no entry behind it is «no evidence».
 */

import type { LedgerEntry } from "../../shared/ledger/entries.ts";
import type { CheckedLedger } from "../../shared/ledger/file.ts";
import { ranked } from "../../shared/recommend/ranking.ts";

/** A fact and the place of the entry it rests on; `null` means that there is no evidence. */
export interface Fact {
  fact: string;
  value: string | number | null;
  entry: number | null;
}

export interface Report {
  run: string;
  /** Signed checkpoint of the ledger the report was computed from */
  checkpoint: string;
  facts: Fact[];
}

export function reportOf(run: string, checkpoint: string, { entries }: CheckedLedger): Report {
  const own = entries.map((entry, index) => ({ entry, index })).filter(({ entry }) => entry.run === run);
  const of = <K extends LedgerEntry["kind"]>(kind: K) =>
    own.filter((e): e is { entry: Extract<LedgerEntry, { kind: K }>; index: number } => e.entry.kind === kind);
  const facts: Fact[] = [];
  const add = (fact: string, value: Fact["value"] | undefined, entry: number | undefined) =>
    facts.push({ fact, value: value ?? null, entry: value === undefined || value === null ? null : (entry ?? null) });

  const launch = of("run")[0];
  const task = launch?.entry.task as { name?: string; purpose?: string } | undefined;
  add("task", task?.name, launch?.index);
  add("purpose", task?.purpose, launch?.index);
  add("task hash", launch?.entry.taskHash, launch?.index);

  const rounds = of("round");
  const charges = of("charge");
  const lastCharge = charges.at(-1);
  add("rounds answered", rounds.length || undefined, rounds.at(-1)?.index);
  add("attempts ended with nothing revealed", of("abort").length, of("abort").at(-1)?.index ?? launch?.index);
  const smallest = rounds.reduce<(typeof rounds)[number] | undefined>(
    (least, r) => (!least || r.entry.record.survivors < least.entry.record.survivors ? r : least),
    undefined,
  );
  add("smallest number of participants in a sum", smallest?.entry.record.survivors, smallest?.index);
  add("epsilon spent", lastCharge?.entry.privacy.epsilon, lastCharge?.index);
  const spent = lastCharge?.entry.privacy;
  add("epsilon spent if all but one participant collude", spent?.alone?.epsilon, lastCharge?.index);
  add(
    "epsilon spent towards everybody but the coordinator, which is trusted for it",
    spent?.trusting?.epsilon,
    lastCharge?.index,
  );
  add("share of members an attacker finds at 1 % false positives, at most", spent?.truePositiveRate, lastCharge?.index);
  add("the same if all but one participant collude", spent?.alone?.truePositiveRate, lastCharge?.index);
  add("delta", lastCharge?.entry.privacy.delta, lastCharge?.index);
  add("unit of privacy", lastCharge?.entry.privacy.unit, lastCharge?.index);

  const evaluated = rounds.find((r) => r.entry.record.question === "evaluate");
  const { metrics, classes, ranking } = evaluated?.entry.record ?? {};
  if (!ranking)
    add("accuracy on held-back rows, from the noisy sum", metrics?.accuracy ?? classes?.accuracy, evaluated?.index);
  if (classes) add("F1 on held-back rows, mean of the classes, from the noisy sum", classes.macroF1, evaluated?.index);
  else add("AUC on held-back rows, from the noisy sum", metrics?.auc, evaluated?.index);
  for (const [attribute, gap] of Object.entries(metrics?.gaps ?? {})) {
    add(`demographic parity difference by ${attribute}, from the noisy sum`, gap, evaluated?.index);
  }
  if (ranking) {
    const among = `of last choices among ${ranked} others, from the noisy sum`;
    add(`HR@10 ${among}`, ranking.hitRate, evaluated?.index);
    add("standard deviation of this HR@10", ranking.deviation, evaluated?.index);
    add(`NDCG@10 ${among}`, ranking.ndcg, evaluated?.index);
    for (const [attribute, { hitRate }] of Object.entries(ranking.gaps))
      add(`largest difference of HR@10 by ${attribute}, from the noisy sum`, hitRate, evaluated?.index);
  }
  const inVain = rounds.filter((r) => r.entry.record.metrics?.saturated);
  add(
    "rounds in which the penalty pushed as hard as it may, in vain",
    inVain.length,
    (inVain.at(-1) ?? rounds.at(-1))?.index,
  );
  const end = of("end")[0];
  for (const { gate, value, met } of end?.entry.gates ?? []) {
    const verdict = met === null ? "no evidence" : met ? "met" : "not met";
    add(`gate ${JSON.stringify(gate)}`, value === null ? null : `${verdict} (${value.toPrecision(4)})`, end?.index);
  }
  add("model hash", end?.entry.modelHash, end?.index);
  add("state", end?.entry.state, end?.index);
  return { run, checkpoint, facts };
}

/** The same as Markdown, for reading. */
export function reportMarkdown(report: Report): string {
  const lines = report.facts.map(
    ({ fact, value, entry }) =>
      `| ${fact} | ${value === null ? "no evidence" : value} | ${entry === null ? "—" : entry} |`,
  );
  return [
    `# Run ${report.run}`,
    "",
    "Computed from the ledger; the last column is the entry each fact rests on.",
    "",
    "| fact | value | entry |",
    "|---|---|---|",
    ...lines,
    "",
    "```",
    report.checkpoint.trimEnd(),
    "```",
    "",
  ].join("\n");
}
