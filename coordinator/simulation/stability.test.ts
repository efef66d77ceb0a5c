import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { seededRandom } from "../../shared/privacy/testing/seeded.ts";
import type { Task } from "../../shared/task.ts";
import { asTask } from "../../shared/task-rules.ts";
import { fetchData } from "../command/data.ts";
import { type Change, merge, withoutGates } from "./change.ts";
import { Federation } from "./federation.ts";
import { measure } from "./measure.ts";
import { encode, participantsOf, typed } from "./population.ts";
import { recordsOf } from "./records.ts";

const folder = process.env.MURMUR_TEST_DATA;
if (folder === undefined) console.warn("The controller is not tried on Adult: set MURMUR_TEST_DATA.");

/** Adult at ε = 1, a hundred institutions, 200 rounds. */
function adult(change: Change): Task {
  const base = parse(readFileSync(join(import.meta.dirname, "../../tasks/adult.yaml"), "utf8")) as Change;
  const hundred = {
    privacy: { epsilon: 1, clipNorm: 4 },
    cohort: { minimum: 5, maximum: 100, dropoutTolerance: 0, colludingShare: 0 },
    training: { rounds: 200 },
  };
  return asTask(withoutGates(merge(merge(base, hundred), change)));
}

/** Widest swing after round 100 of the model's own signed gap, on all training rows. */
async function swingOf(records: ReturnType<typeof recordsOf>, task: Task, seed: number): Promise<number> {
  const rows = typed(records, task);
  const random = seededRandom(seed);
  const participants = participantsOf(
    records.map((_, i) => i % 100),
    task.data.heldBack,
    random,
  );
  const federation = new Federation({
    task,
    rows,
    participants,
    random,
    seed,
    isPrivate: true,
    penaltyOn: "everyone",
  });
  const models: Float32Array[] = [];
  const { normalisation } = await federation.run({
    onRound: ({ learner }, round) => {
      if (round > 100 && round % 2 === 0) models.push(learner.parameters);
    },
  });
  const data = encode(rows, task, normalisation);
  const all = Array.from({ length: rows.count }, (_, i) => i);
  const gaps = models.map((parameters) => {
    const rates = measure(task, data, all, parameters).byAttribute.sex!.byGroup;
    return rates.Male!.selectionRate! - rates.Female!.selectionRate!;
  });
  return Math.max(...gaps) - Math.min(...gaps);
}

describe.runIf(folder !== undefined)("the controller at ε = 1 on Adult", () => {
  let records: ReturnType<typeof recordsOf>;
  beforeAll(async () => {
    const cacheDir = mkdtempSync(join(tmpdir(), "murmur-stability-"));
    records = recordsOf((await fetchData("adult", { cacheDir, dataDir: join(folder!, "adult") })).path);
    rmSync(cacheDir, { recursive: true });
  });
  it("does not swing by more than twice the tolerance after round 100", async () => {
    const task = adult({});
    for (const seed of [1, 2])
      expect(await swingOf(records, task, seed)).toBeLessThanOrEqual(2 * task.fairness.tolerance);
  });

  it("swings wider with the gains that are known to fail", async () => {
    const task = adult({ training: { momentum: 0.9 }, fairness: { step: 3, largestSlope: 8 } });
    expect(await swingOf(records, task, 1)).toBeGreaterThan(2 * task.fairness.tolerance);
  });
});
