/**
 * A model card (Mitchell et al. 2019): computed from the ledger like every report, as data, as a Hugging Face README with
 * its YAML front matter, and as a page. What is not on record is said to be missing.
 */
import { stringify } from "yaml";
import { isWeakCohort } from "../../shared/cohort.ts";
import type { LedgerEntry } from "../../shared/ledger/entries.ts";
import type { CheckedLedger } from "../../shared/ledger/file.ts";
import { ranked } from "../../shared/recommend/ranking.ts";
import { type Evidence, type FactName, facts, type RunEntries, runEntries } from "./facts.ts";
import { escapeHtml, htmlPage, htmlTable } from "./html.ts";

interface CardLine {
  label: string;
  /** Null: no evidence */
  value: string | null;
  /** Place of the ledger entry */
  entry: number | null;
}

export interface ModelCard {
  run: string;
  name: string | null;
  modelHash: string | null;
  sections: { title: string; lines: CardLine[] }[];
  limits: string[];
  metrics: { type: string; name: string; value: number }[];
  checkpoint: string;
}

const sections: { title: string; facts: [string, FactName][] }[] = [
  {
    title: "Intended use",
    facts: [
      ["Purpose", "purpose"],
      ["Reviewed", "reviewed"],
      ["Conditions", "conditions"],
    ],
  },
  {
    title: "Model",
    facts: [
      ["Architecture", "architecture"],
      ["Model", "model"],
      ["Outcome of the run", "ending"],
      ["Exports", "exported"],
    ],
  },
  {
    title: "Data",
    facts: [
      ["Columns", "columns"],
      ["Identifiers", "identifiers"],
      ["Groups", "sensitive"],
      ["Measured on", "heldBack"],
    ],
  },
  {
    title: "Metrics",
    facts: [
      ["Accuracy", "accuracy"],
      ["Ranking", "auc"],
      ["Gates", "gates"],
      ["Objective", "objective"],
    ],
  },
  {
    title: "Fairness",
    facts: [
      ["Gaps", "gaps"],
      ["Penalty", "saturated"],
      ["Protected inputs", "protectedInputs"],
    ],
  },
  {
    title: "Privacy",
    facts: [
      ["Promise", "promise"],
      ["Spent", "spent"],
      ["Noise", "noise"],
      ["Smallest sum", "cohort"],
    ],
  },
  {
    title: "Explanation",
    facts: [
      ["Importance", "importance"],
      ["Surrogate", "surrogate"],
      ["Principal components of the inputs", "components"],
    ],
  },
  {
    title: "Energy and time",
    facts: [
      ["Time", "time"],
      ["Rounds", "drops"],
    ],
  },
];

export function modelCardOf(run: string, checkpoint: string, { entries }: CheckedLedger): ModelCard {
  const own = runEntries(run, entries);
  const record = own.of("round").find(({ entry }) => entry.record.question === "evaluate")?.entry.record;
  return {
    run,
    name: own.task?.name ?? null,
    modelHash: own.of("end")[0]?.entry.modelHash ?? null,
    sections: sections.map(({ title, facts: named }) => ({
      title,
      lines: named.map(([label, name]) => {
        const found: Evidence | undefined = facts[name](own);
        return { label, value: found?.measured ?? null, entry: found?.entry ?? null };
      }),
    })),
    limits: limitsOf(own),
    metrics: [
      ...(own.task?.data.items ? rankingFiguresOf(record?.ranking) : scoreFigures(record?.metrics)),
      ...classFiguresOf(record?.classes),
    ],
    checkpoint,
  };
}

type RoundRecord = Extract<LedgerEntry, { kind: "round" }>["record"];

const scoreFigures = (metrics: RoundRecord["metrics"]): ModelCard["metrics"] =>
  metrics
    ? [
        { type: "accuracy", name: "Accuracy (held-back rows, noisy sum)", value: metrics.accuracy },
        { type: "roc_auc", name: "AUC (held-back rows, noisy sum)", value: metrics.auc },
        ...Object.entries(metrics.gaps).map(([group, value]) => ({
          type: "demographic_parity_difference",
          name: `Demographic parity difference by ${group}`,
          value,
        })),
      ]
    : [];

const classFiguresOf = (classes: RoundRecord["classes"]): ModelCard["metrics"] =>
  classes
    ? [
        { type: "accuracy", name: "Accuracy (held-back rows, noisy sum)", value: classes.accuracy },
        ...(classes.macroF1 === undefined
          ? []
          : [{ type: "f1", name: "F1, mean of the classes (held-back rows, noisy sum)", value: classes.macroF1 }]),
      ]
    : [];

const rankingFiguresOf = (ranking: RoundRecord["ranking"]): ModelCard["metrics"] =>
  ranking
    ? [
        { type: "hit_rate", name: `HR@10 of last choices among ${ranked} others (noisy sum)`, value: ranking.hitRate },
        { type: "ndcg", name: `NDCG@10 of last choices among ${ranked} others (noisy sum)`, value: ranking.ndcg },
        ...Object.entries(ranking.gaps).map(([attribute, { hitRate }]) => ({
          type: "hit_rate_gap",
          name: `Largest difference of HR@10 by ${attribute} (noisy sum)`,
          value: hitRate,
        })),
      ]
    : [];

/** What a reader must know before relying on the model, as far as it follows from the record. */
function limitsOf(run: RunEntries): string[] {
  const { task } = run;
  if (!task) return [];
  const limits = [
    `It was measured on rows of the very participants who trained it; how it does elsewhere is not known.`,
    `Every figure is read from a noisy sum, so small differences between figures say nothing.`,
    `Erasure of a row from the trained weights is not claimed; its effect is bounded by the ε above.`,
  ];
  if (isWeakCohort(task))
    limits.push("The cohort may be smaller than is customary, so each answer is hidden among few.");
  if (task.data.sensitive.length === 0)
    limits.push("No group was named, so nothing is known about differences between groups.");
  if (task.data.items)
    limits.push("It recommends what its catalogue has, and what many chose sooner than what few did.");
  for (const { entry } of run.of("end")) {
    for (const { gate, met } of entry.gates)
      if (met !== true)
        limits.push(`The gate ${JSON.stringify(gate)} was ${met === false ? "not met" : "not measured"}.`);
  }
  return limits;
}

/** A Hugging Face README: front matter with a model index, then the card. */
export function modelCardMarkdown(card: ModelCard): string {
  const frontMatter = {
    library_name: "murmur",
    pipeline_tag: "tabular-classification",
    tags: ["federated-learning", "differential-privacy", "tabular-classification"],
    "model-index": [
      {
        name: card.name ?? card.run,
        results:
          card.metrics.length > 0
            ? [
                {
                  task: { type: "tabular-classification" },
                  dataset: { name: "held-back rows of the participants", type: "private" },
                  metrics: card.metrics,
                },
              ]
            : [],
      },
    ],
  };
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const body = card.sections.flatMap(({ title, lines }) => [
    `## ${title}`,
    "",
    "| | | entry |",
    "|---|---|---|",
    ...lines.map(({ label, value, entry }) => `| ${label} | ${cell(value ?? "no evidence")} | ${entry ?? "—"} |`),
    "",
  ]);
  return [
    "---",
    stringify(frontMatter).trimEnd(),
    "---",
    "",
    `# ${card.name ?? card.run}`,
    "",
    "Computed from the run's ledger; the last column is the place of the entry each line rests on.",
    "",
    ...body,
    "## Limits",
    "",
    ...card.limits.map((limit) => `- ${limit}`),
    "",
    "```",
    card.checkpoint.trimEnd(),
    "```",
    "",
  ].join("\n");
}

export function modelCardHtml(card: ModelCard): string {
  const title = `Model card: ${card.name ?? card.run}`;
  const body = card.sections.map(({ title: heading, lines }) =>
    [
      `<h2>${escapeHtml(heading)}</h2>`,
      htmlTable(
        ["", "On record", "Entry"],
        lines.map(({ label, value, entry }) => [
          label,
          value === null ? { text: "no evidence", class: "no-evidence" } : value,
          { text: entry === null ? "" : String(entry), class: "number" },
        ]),
      ),
    ].join("\n"),
  );
  const limits = card.limits.map((limit) => `<li>${escapeHtml(limit)}</li>`).join("\n");
  return htmlPage(
    title,
    [
      `<h1>${escapeHtml(title)}</h1>`,
      `<p class="quiet">Run ${escapeHtml(card.run)}. Computed from the ledger; «Entry» is the place of the entry each line rests on.</p>`,
      ...body,
      `<h2>Limits</h2>\n<ul>\n${limits}\n</ul>`,
      `<h2>Checkpoint</h2><pre>${escapeHtml(card.checkpoint.trimEnd())}</pre>`,
    ].join("\n"),
  );
}
