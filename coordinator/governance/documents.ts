/**
 * Everything that is written about a run, by file name. Each is a function of the ledger alone, so `murmur report` makes
 * them on the reader's own machine, and `murmur verify` makes them again and compares every letter.
 */
import type { CheckedLedger } from "../../shared/ledger/file.ts";
import { complianceHtml, complianceOf } from "./compliance.ts";
import { modelCardHtml, modelCardMarkdown, modelCardOf } from "./model-card.ts";
import { reportMarkdown, reportOf } from "./report.ts";

export const documentNames = [
  "report.json",
  "report.md",
  "model-card.json",
  "model-card.md",
  "model-card.html",
  "compliance.json",
  "compliance.html",
] as const;
export type DocumentName = (typeof documentNames)[number];

/** @param checkpoint the ledger's own @param checked what `checkLedger` made of it */
export function documentsOf(run: string, checkpoint: string, checked: CheckedLedger): Record<DocumentName, string> {
  const report = reportOf(run, checkpoint, checked);
  const card = modelCardOf(run, checkpoint, checked);
  const compliance = complianceOf(run, checkpoint, checked);
  const json = (value: object) => `${JSON.stringify(value, null, 1)}\n`;
  return {
    "report.json": json(report),
    "report.md": reportMarkdown(report),
    "model-card.json": json(card),
    "model-card.md": modelCardMarkdown(card),
    "model-card.html": modelCardHtml(card),
    "compliance.json": json(compliance),
    "compliance.html": complianceHtml(compliance),
  };
}
