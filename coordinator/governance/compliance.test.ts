import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { hashOf } from "../../shared/canonical.ts";
import type { LedgerEntry } from "../../shared/ledger/entries.ts";
import { checkLedger, type LedgerFile } from "../../shared/ledger/file.ts";
import { fileOf, newLog } from "../../shared/ledger/testing.ts";
import type { RoundRecord } from "../../shared/run-record.ts";
import { readTaskFile } from "../../shared/task-file.ts";
import { complianceHtml, complianceOf, rulePacks } from "./compliance.ts";
import { documentsOf } from "./documents.ts";
import { modelCardMarkdown, modelCardOf } from "./model-card.ts";

const task = readTaskFile(readFileSync("tasks/bank.yaml", "utf8"), "bank.yaml");
const hash = "ab".repeat(32);
const at = "2026-11-01T10:00:00.000Z";
const run = "r1";
const questions = ["profile", "train", "train", "train", "evaluate"] as const;
const privacy = (round: number) =>
  ({ epsilon: round / 10, delta: 1e-5, unit: "record", relation: "add-remove" }) as const;
const metrics = {
  accuracy: 0.88,
  auc: 0.74,
  gaps: { marital: 0.03, "age group": 0.2 },
  multiplier: 0.1,
  threshold: 0.12,
};

/** The entries that a run of the bank's task leaves behind. */
async function bankHistory(): Promise<LedgerEntry[]> {
  const rounds = questions.flatMap((question, i): LedgerEntry[] => {
    const place = { run, round: i + 1, attempt: 1 };
    const record: RoundRecord = {
      round: i + 1,
      question,
      state: "finished",
      cohort: 12,
      survivors: 11 + (i % 2),
      dropped: i === 2 ? { disconnected: 1 } : {},
      privacy: privacy(i + 1),
      ...(question !== "profile" && {
        metrics: { ...metrics, ...(question === "train" && { saturated: false }) },
        objective: { loss: 0.3, privacy: 0.1, fairness: 0, transparency: 0, compliance: 0, total: 0.4 },
      }),
      modelHash: hash,
      duration: 800,
      finishedAt: at,
    };
    const portion = question === "evaluate" ? "heldBack" : "train";
    return [
      { kind: "announcement", ...place, question, announcementHash: hash, modelHash: hash },
      {
        kind: "charge",
        ...place,
        question,
        portion,
        noiseMultiplier: 5 + i,
        sampleRate: 1,
        honest: 9,
        privacy: privacy(i + 1),
      },
      { kind: "round", ...place, record, rosterHash: hash, sumHash: hash },
    ];
  });
  return [
    { kind: "run", run, taskHash: await hashOf(task), task: task as never, seed: 1, startedAt: at },
    ...rounds,
    {
      kind: "end",
      run,
      state: "finished",
      reason: "every round is done",
      modelHash: hash,
      contextHash: hash,
      privacy: privacy(5),
      gates: [{ gate: { metric: "auc", atLeast: 0.65 }, value: 0.74, met: true }],
    },
    { kind: "export", run, modelHash: hash, format: "json", at },
  ];
}

let history: LedgerEntry[];
let ledger: LedgerFile;
beforeAll(async () => {
  history = await bankHistory();
  ledger = await fileOf(await newLog(history));
  expect((await checkLedger(ledger)).problems).toEqual([]);
});

const linesOf = async (file: LedgerFile) =>
  complianceOf(run, file.checkpoint, await checkLedger(file)).packs.flatMap((pack) =>
    pack.lines.map((line) => ({ pack: pack.id, ...line })),
  );

describe("a compliance report", () => {
  it("has at least forty lines for the demonstration's run, each with evidence or marked", async () => {
    const lines = await linesOf(ledger);
    expect(lines.length).toBeGreaterThanOrEqual(40);
    for (const line of lines) {
      const rests = line.entry !== null && ledger.leaves[line.entry] !== undefined && line.measured !== null;
      expect(rests, JSON.stringify(line)).toBe(line.state === "met" || line.state === "not met");
    }
    expect(lines.filter((line) => line.entry !== null).length).toBeGreaterThanOrEqual(30);
    expect(new Set(lines.map((line) => line.state))).toEqual(
      new Set(["met", "not met", "needs a person", "no evidence"]),
    );
  });

  it("deleting the entry that a line rests on turns the line to «no evidence», whichever it is", async () => {
    const lines = await linesOf(ledger);
    const places = [...new Set(lines.flatMap((line) => line.entry ?? []))];
    expect(places.length).toBeGreaterThan(5);
    for (const place of places) {
      const rest = await fileOf(await newLog(history.filter((_, i) => i !== place)));
      const again = await linesOf(rest);
      lines.forEach((line, i) => {
        if (line.entry === place)
          expect(again[i], `${line.requirement} without entry ${place}`).toMatchObject({
            state: "no evidence",
            entry: null,
            measured: null,
          });
      });
    }
  });

  it("says what does not hold", async () => {
    const lines = await linesOf(ledger);
    // Marital status and age are inputs of this model, and sensitive attributes of its task.
    expect(lines.find((l) => l.pack === "ecoa" && l.requirement.startsWith("No prohibited basis"))?.state).toBe(
      "not met",
    );
    const failing = history.map((entry) =>
      entry.kind === "end" ? { ...entry, gates: entry.gates.map((gate) => ({ ...gate, met: false })) } : entry,
    );
    const again = await linesOf(await fileOf(await newLog(failing.filter((e) => e.kind !== "export"))));
    expect(again.find((l) => l.clause === "MANAGE 1")?.state).toBe("not met");
  });

  it("is the same bytes for the same ledger, and never gives a verdict", async () => {
    const documents = documentsOf(run, ledger.checkpoint, await checkLedger(ledger));
    expect(documentsOf(run, ledger.checkpoint, await checkLedger(structuredClone(ledger)))).toEqual(documents);
    for (const [name, text] of Object.entries(documents)) expect(text, name).not.toMatch(/compliant/i);
  });

  it("escapes what a task's author wrote", async () => {
    const report = complianceOf(run, ledger.checkpoint, await checkLedger(ledger));
    report.packs[0]!.lines[0]!.measured = "<script>alert(1)</script>";
    expect(complianceHtml(report)).not.toContain("<script>");
  });

  it("a run that is not there has no evidence at all", async () => {
    const report = complianceOf("r2", ledger.checkpoint, await checkLedger(ledger));
    expect(report.packs.flatMap((pack) => pack.lines).every((line) => line.entry === null)).toBe(true);
  });

  it("every rule pack names its dates and sources, and is to be read again after it was written", () => {
    for (const pack of rulePacks) expect(pack.reviewBy > pack.version, pack.id).toBe(true);
    expect(new Set(rulePacks.map((pack) => pack.id)).size).toBe(rulePacks.length);
  });
});

describe("a model card", () => {
  it("has front matter that Hugging Face reads, with the ledger's own figures", async () => {
    const card = modelCardOf(run, ledger.checkpoint, await checkLedger(ledger));
    const markdown = modelCardMarkdown(card);
    const front = parse(markdown.split("---\n")[1]!);
    expect(front["model-index"][0].results[0].metrics).toContainEqual({
      type: "accuracy",
      name: "Accuracy (held-back rows, noisy sum)",
      value: 0.88,
    });
    expect(markdown).toContain("| Importance | no evidence | — |");
  });

  it("names a gate that was not met among its limits", async () => {
    const failing = history.map((entry) =>
      entry.kind === "end" ? { ...entry, gates: entry.gates.map((gate) => ({ ...gate, met: false })) } : entry,
    );
    const card = modelCardOf(run, "", await checkLedger(await fileOf(await newLog(failing))));
    expect(card.limits.join()).toContain("was not met");
  });
});
