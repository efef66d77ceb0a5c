/**
 * A compliance report: the lines of dated rule packs, each beside what the ledger proves. A change of law is a change of
 * a file in rules/. The report is a function of the ledger and the packs, so anyone can make it again; it gives no
 * verdict of its own, and what a person has to decide it leaves open by name.
 */
import { z } from "zod";
import type { CheckedLedger } from "../../shared/ledger/file.ts";
import { type FactName, facts, runEntries } from "./facts.ts";
import { escapeHtml, htmlPage, htmlTable } from "./html.ts";
import ecoa from "./rules/ecoa.json" with { type: "json" };
import euAiAct from "./rules/eu-ai-act.json" with { type: "json" };
import gdpr from "./rules/gdpr.json" with { type: "json" };
import ieee7000 from "./rules/ieee-7000.json" with { type: "json" };
import nistAiRmf from "./rules/nist-ai-rmf.json" with { type: "json" };

const line = z.union([
  z.strictObject({
    clause: z.string(),
    requirement: z.string(),
    fact: z.enum(Object.keys(facts) as [FactName, ...FactName[]]),
  }),
  /** Who has to decide what */
  z.strictObject({ clause: z.string(), requirement: z.string(), person: z.string() }),
]);

const packSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  version: z.iso.date(),
  effectiveFrom: z.iso.date(),
  /** After this day somebody should have read the law again */
  reviewBy: z.iso.date(),
  note: z.string().optional(),
  sources: z.array(z.string()).min(1),
  lines: z.array(line).min(1),
});

export const rulePacks = [gdpr, ecoa, euAiAct, nistAiRmf, ieee7000].map((pack) => packSchema.parse(pack));

export const lineStates = ["met", "not met", "needs a person", "no evidence"] as const;

export interface ComplianceLine {
  clause: string;
  requirement: string;
  /** What the ledger proves, or who has to decide */
  measured: string | null;
  /** Place of the ledger entry it rests on */
  entry: number | null;
  state: (typeof lineStates)[number];
}

export interface ComplianceReport {
  run: string;
  /** Signed checkpoint of the ledger it was computed from */
  checkpoint: string;
  /** Everything that is wrong with the ledger itself; with any of it no line can be relied on */
  problems: string[];
  packs: {
    id: string;
    title: string;
    version: string;
    effectiveFrom: string;
    reviewBy: string;
    note?: string;
    sources: string[];
    lines: ComplianceLine[];
  }[];
}

export function complianceOf(run: string, checkpoint: string, { entries, problems }: CheckedLedger): ComplianceReport {
  const own = runEntries(run, entries);
  const packs = rulePacks.map(({ lines, note, ...pack }) => ({
    ...pack,
    ...(note !== undefined && { note }),
    lines: lines.map((rule): ComplianceLine => {
      const { clause, requirement } = rule;
      if ("person" in rule) return { clause, requirement, measured: rule.person, entry: null, state: "needs a person" };
      const found = facts[rule.fact](own);
      if (!found) return { clause, requirement, measured: null, entry: null, state: "no evidence" };
      const { measured, entry, holds } = found;
      return { clause, requirement, measured, entry, state: holds ? "met" : "not met" };
    }),
  }));
  return { run, checkpoint, problems, packs };
}

/** The same for reading and printing. */
export function complianceHtml(report: ComplianceReport): string {
  const all = report.packs.flatMap((pack) => pack.lines);
  const counts = lineStates.map((state) => `${all.filter((l) => l.state === state).length} ${state}`).join(", ");
  const packs = report.packs.map(({ title, version, effectiveFrom, reviewBy, note, sources, lines }) =>
    [
      `<h2>${escapeHtml(title)}</h2>`,
      `<p class="quiet">Rules of ${version}, in force from ${effectiveFrom}, to be read again by ${reviewBy}. ${escapeHtml(note ?? "")} Sources: ${escapeHtml(sources.join("; "))}.</p>`,
      htmlTable(
        ["Clause", "Requirement", "Measured, or who decides", "Entry", "State"],
        lines.map(({ clause, requirement, measured, entry, state }) => [
          clause,
          requirement,
          measured ?? "",
          { text: entry === null ? "" : String(entry), class: "number" },
          { text: state, class: `state ${state.replaceAll(" ", "-")}` },
        ]),
      ),
    ].join("\n"),
  );
  const problems = report.problems.map((problem) => `<li class="not-met">${escapeHtml(problem)}</li>`).join("");
  return htmlPage(
    `Requirements and evidence, run ${report.run}`,
    [
      `<h1>Requirements and evidence</h1>`,
      `<p>Run ${escapeHtml(report.run)}. ${all.length} lines: ${counts}.</p>`,
      "<p>Each line is computed from the ledger; «Entry» is the place of the ledger entry it rests on. A line that rests on nothing says «no evidence», and what only a person can decide says so. This report gives no legal verdict.</p>",
      problems && `<p>The ledger itself has problems, so no line can be relied on:</p><ul>${problems}</ul>`,
      ...packs,
      `<h2>Checkpoint</h2><pre>${escapeHtml(report.checkpoint.trimEnd())}</pre>`,
    ].join("\n"),
  );
}
