import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseCsv } from "../client/data/read.ts";
import { fetchData } from "../coordinator/command/data.ts";
import { splitByColumn } from "../coordinator/command/partition.ts";
import { serve } from "../coordinator/command/serve.ts";
import { dawnDevice } from "../kernels/testing/dawn.ts";
import { encodeFeatures } from "../shared/data/features.ts";
import { readRows } from "../shared/data/rows.ts";
import { decides, pathOf, pruned, rowBins } from "../shared/explain/tree.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { architectureOf } from "../shared/model.ts";
import { predict } from "../shared/predict.ts";
import { readTaskFile } from "../shared/task-file.ts";
import { asTask } from "../shared/task-rules.ts";
import { joinInNode } from "./node-tab.ts";

const device = await dawnDevice();

const csvOf = (records: Record<string, string>[]) => {
  const columns = Object.keys(records[0]!);
  return [columns.join(","), ...records.map((r) => columns.map((c) => `"${r[c]}"`).join(","))].join("\n");
};

test.skipIf(!device)("twelve participants in Node train the bank's model through the real protocol", async () => {
  const folder = mkdtempSync(join(tmpdir(), "murmur-"));
  const server = await serve({ port: 0, dataDir: join(folder, "data") });
  const task = asTask({
    ...readTaskFile(readFileSync("tasks/bank.yaml", "utf8"), "bank.yaml"),
    explain: { share: 0.2, treeDepth: 3, components: 4 },
    training: { rounds: 5, learningRate: 4, momentum: 0.5 },
  });
  const data = await fetchData("bank", { cacheDir: folder });
  const parts = [...splitByColumn(parseCsv(readFileSync(data.path, "utf8")).records, "job").values()];
  const run = await server.coordinator.launchTask(task, 1);
  const { invitation } = run.detail();
  const invite = new URL(invitation).searchParams.get("invite")!;
  const tabs = await Promise.all(
    parts.map((part) => joinInNode({ url: server.url, run: run.id, invite, task, csv: csvOf(part), device: device! })),
  );
  await Promise.all(tabs.map((tab) => tab.over));
  const detail = run.detail();
  expect(detail.state).toBe("finished");
  const { problems, entries } = await checkLedger(await server.coordinator.exportLedger());
  expect(problems).toEqual([]);
  const asked = detail.rounds.map(({ question }) => question);
  expect(asked.slice(0, 1 + task.training.rounds)).toEqual(["profile", ...Array(task.training.rounds).fill("train")]);
  expect(entries.filter((e) => e.kind === "round")).toHaveLength(asked.length);
  // What weighs in the model, and a tree that decides much as it does, both from sums that were noised.
  const told = detail.rounds.find(({ question }) => question === "explain")!;
  expect(Object.keys(told.importance!)).toEqual(task.data.features.map(({ name }) => name));
  expect(Object.keys(told.importanceByGroup!.marital!)).toContain("married");
  const grown = detail.rounds.filter(({ question }) => question === "tree").at(-1)!.tree!;
  expect(grown.split).toBeDefined();
  // The test knows all rows: how often the tree decides as the model does, the noisy sum of a fifth of them says right.
  const { rows } = readRows(parts.flat(), task);
  const scores = predict(architectureOf(task), run.parameters, encodeFeatures(rows, task, run.normalisation!));
  const [tree, bins] = [pruned(grown), rowBins(task.data.features, rows)];
  const alike = scores.filter((score, row) => {
    const selects = score >= run.context!.threshold;
    return decides(pathOf(tree, bins, row).at(-1)!) === selects;
  });
  expect(Math.abs(detail.rounds.at(-1)!.fidelity! - alike.length / rows.count)).toBeLessThan(0.03);
  // Along the first component the rows differ nearly as much as along the best direction there is.
  const { vectors, shares } = detail.rounds.find(({ question }) => question === "moments")!.components!;
  const inputs = encodeFeatures(rows, task, run.normalisation!);
  const width = inputs.length / rows.count;
  const varianceAlong = (direction: number[]) => {
    let [sum, squares] = [0, 0];
    for (let at = 0; at < inputs.length; at += width) {
      const x = direction.reduce((total, weight, i) => total + weight * inputs[at + i]!, 0);
      sum += x;
      squares += x * x;
    }
    return squares / rows.count - (sum / rows.count) ** 2;
  };
  const whole = Array.from({ length: width }, (_, i) => varianceAlong(vectors[0]!.map((_, k) => Number(k === i))));
  const total = whole.reduce((a, b) => a + b);
  expect(shares.length).toBeGreaterThan(0);
  expect(Math.abs(varianceAlong(vectors[0]!) / total - shares[0]!)).toBeLessThan(0.05);
  expect(varianceAlong(vectors[0]!)).toBeGreaterThan(Math.max(...whole));
  await server.close();
});
