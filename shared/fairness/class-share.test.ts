import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { noiseOf, planOf, roundPlan } from "../plan.ts";
import type { RoundRecord } from "../run-record.ts";
import { readTaskFile } from "../task-file.ts";
import { asTask } from "../task-rules.ts";
import { classFigures } from "./class-figures.ts";
import { classShare, shareOverRuns } from "./class-share.ts";
import { seeded } from "./testing/histograms.ts";

const file = join(import.meta.dirname, "../../tasks/financial-sentiment.yaml");
const written = readTaskFile(readFileSync(file, "utf8"), "financial-sentiment.yaml");
/** With so little ε that noise weighs as much as sampling. */
const task = asTask({ ...written, privacy: { ...written.privacy, epsilon: 0.5 } });
const names = ["negative", "neutral", "positive"];
const noise = noiseOf(roundPlan(task, planOf(task), "evaluate", 30), 30, "classes");

/** A run's last record: of so many rows in each class, taken for what they are but for one in five. */
function recordOf(rows: number[], normal = () => 0): RoundRecord {
  const table = rows.flatMap((count) => [count, count, 0.8 * count].map((x) => x + noise * normal()));
  return {
    round: 9,
    question: "evaluate",
    state: "finished",
    cohort: 30,
    survivors: 30,
    classes: classFigures(names, table),
  } as Partial<RoundRecord> as RoundRecord;
}
const runsOf = (records: RoundRecord[]) => records.map((record, i) => ({ run: `r${i}`, task, rounds: [record] }));

describe("the share of a class over runs", () => {
  it("is that of the rows taken for it, with a deviation that covers sampling and noise", () => {
    const { normal } = seeded(5);
    const { value, deviation } = classShare(task, [recordOf([200, 600, 200])], "negative")!;
    expect(value).toBeCloseTo(0.2, 12);
    const found = Array.from(
      { length: 400 },
      () => classShare(task, [recordOf([200, 600, 200], normal)], "negative")!.value,
    );
    const spread = Math.sqrt(found.reduce((sum, x) => sum + (x - 0.2) ** 2, 0) / found.length);
    const sampling = Math.sqrt((0.2 * 0.8) / 1000);
    expect(spread).toBeGreaterThan(sampling / 2);
    expect(Math.hypot(spread, sampling) / deviation).toBeGreaterThan(0.9);
    expect(Math.hypot(spread, sampling) / deviation).toBeLessThan(1.1);
  });

  it("is left out of what tells nothing: no evaluation, too few rows, another class", () => {
    expect(classShare(task, [{ ...recordOf([200, 600, 200]), state: "aborted" }], "negative")).toBeUndefined();
    expect(classShare(task, [recordOf([2, 6, 2])], "negative")).toBeUndefined();
    expect(shareOverRuns(runsOf([recordOf([200, 600, 200])]), "bad", 0.02).shares).toEqual([]);
  });

  it("raises an alarm where it rises beyond the tolerance, and none where it stays or falls", () => {
    const over = (counts: number[][]) => shareOverRuns(runsOf(counts.map((rows) => recordOf(rows))), "negative", 0.02);
    const quiet = [200, 600, 200];
    const more = [400, 400, 200];
    expect(over([quiet, quiet, quiet, quiet]).alarm).toBe(false);
    const told = over([quiet, quiet, more, more, more, more]);
    expect(told.alarm).toBe(true);
    expect(told.shares.map(({ value }) => Number(value.toFixed(6)))).toEqual([0.2, 0.2, 0.4, 0.4, 0.4, 0.4]);
    expect(over([more, quiet, quiet, quiet, quiet, quiet]).alarm).toBe(false);
    expect(over([quiet]).alarm).toBe(false);
  });
});
