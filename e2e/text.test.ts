/** A whole run on texts with the real encoder: classes, and an adapter. text.e2e.ts has one of two outcomes, in browsers. */
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Papa from "papaparse";
import { afterAll, assert, describe, expect, it } from "vitest";
import { parseCsv } from "../client/data/read.ts";
import { Answerer } from "../client/worker/answerer.ts";
import { tryText } from "../client/worker/try-text.ts";
import { fetchData } from "../coordinator/command/data.ts";
import { splitEvenly } from "../coordinator/command/partition.ts";
import { predictRows } from "../coordinator/command/predict.ts";
import { serve } from "../coordinator/command/serve.ts";
import { swapRows } from "../coordinator/command/swaps.ts";
import { useLiteFile } from "../coordinator/text/use-lite.ts";
import { dawnDevice } from "../kernels/testing/dawn.ts";
import { outcomesOf, readRows, wordsOf } from "../shared/data/rows.ts";
import { classFigures, classTable, likeliest } from "../shared/fairness/class-figures.ts";
import { checkLedger } from "../shared/ledger/file.ts";
import { modelFileOf, openModel } from "../shared/model-file.ts";
import { outcomeProbabilities } from "../shared/predict.ts";
import { RandomSource } from "../shared/privacy/random.ts";
import type { Task } from "../shared/task.ts";
import { readTaskFile } from "../shared/task-file.ts";
import { asTask } from "../shared/task-rules.ts";
import { writeConll } from "../shared/text/conll.ts";
import { readEncoderFile } from "../shared/text/encoder-file.ts";
import { entitiesOf, likeliestTags } from "../shared/text/tags.ts";
import { joinInNode } from "./node-tab.ts";

const device = await dawnDevice();
afterAll(() => device?.destroy());
const folder = process.env.MURMUR_TEST_DATA ?? "";
const there = existsSync(join(folder, "financial-phrasebank"));
if (!there) console.warn("runs on texts are left out: set MURMUR_TEST_DATA to the folder of data sets");
const file = readEncoderFile(await useLiteFile());

const taskNamed = (name: string, change: Partial<Record<"training" | "privacy" | "model" | "data", object>>): Task => {
  const task = readTaskFile(readFileSync(`tasks/${name}.yaml`, "utf8"), `${name}.yaml`);
  return asTask({
    ...task,
    ...Object.fromEntries(Object.entries(change).map(([key, part]) => [key, { ...task[key as "training"], ...part }])),
  });
};

/** So many rows of a data set's training part, dealt to six. */
async function sixParts(name: string, rows: number): Promise<string[]> {
  const cache = mkdtempSync(join(tmpdir(), "murmur-text-"));
  const data = await fetchData(name, { cacheDir: cache, dataDir: join(folder, name) });
  const { records } = parseCsv(readFileSync(data.path, "utf8"));
  return splitEvenly(records.slice(0, rows), 6).map((part) => Papa.unparse(part));
}

async function runOn(task: Task, parts: string[]) {
  const server = await serve({ port: 0, dataDir: mkdtempSync(join(tmpdir(), "murmur-")) });
  const run = await server.coordinator.launchTask(task, 1);
  const invite = new URL(run.detail().invitation).searchParams.get("invite")!;
  const tabs = await Promise.all(
    parts.map((csv) => joinInNode({ url: server.url, run: run.id, invite, task, csv, device: device!, encoder: file })),
  );
  await Promise.all(tabs.map((tab) => tab.over));
  const detail = run.detail();
  const { problems } = await checkLedger(await server.coordinator.exportLedger());
  const { parameters } = run;
  await server.close();
  expect([detail.state, problems]).toEqual(["finished", []]);
  return { detail, parameters };
}

/** Logits of a data set's rows, in the test, which may know them. */
async function scored(task: Task, csv: string, parameters: Float32Array<ArrayBuffer>) {
  const { rows } = readRows(parseCsv(csv).records, task);
  const none = { train: new Uint32Array(0), heldBack: new Uint32Array(0) };
  const answerer = await Answerer.create(async () => device!, task, rows, none, new RandomSource(), { file });
  return { rows, answerer, ...(await answerer.scoreTexts(parameters, rows.texts!)) };
}

describe.skipIf(!device || !there)("six participants with texts", () => {
  it("learn classes with an adapter in the encoder's last block", async () => {
    const task = taskNamed("financial-sentiment", {
      model: { encoder: { name: "use-lite", adapters: ["1.w2"], rank: 2 } },
      training: { rounds: 3, learningRate: 4 },
      data: { text: { column: "sentence", tokens: 32 } },
      privacy: { epsilon: 50 },
    });
    const parts = await sixParts("financial-phrasebank", 90);
    const { detail, parameters } = await runOn(task, parts);
    const told = detail.rounds.filter(({ question }) => question === "train").map(({ classes }) => classes!.accuracy);
    expect(told).toHaveLength(3);
    const report = detail.rounds.at(-1)!.classes!;
    expect(report.byClass!.map(({ name }) => name)).toEqual(["negative", "neutral", "positive"]);
    const { rows, logits, answerer } = await scored(task, parts[0]!, parameters);
    const names = outcomesOf(task.data.label);
    const { accuracy } = classFigures(names, classTable(3, rows.labels, likeliest(logits, 3)));
    expect(accuracy).toBeGreaterThan(0.6);
    // In the tab, after the run: any text, and which words weigh; a model of columns it is not.
    const model = await modelFileOf(detail.run, task, parameters, { normalisation: {}, marginals: {}, threshold: 0 });
    const tried = await tryText(model, answerer, "Net profit fell to EUR 2 million");
    assert("outcomes" in tried);
    expect(tried.outcomes.map(({ name }) => name).sort()).toEqual(["negative", "neutral", "positive"]);
    expect(tried.outcomes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    expect(tried.words.length).toBeGreaterThan(3);
    await expect(openModel(model)).rejects.toThrow("text");
    // On a processor without an adapter, from the exported file.
    const exported = join(mkdtempSync(join(tmpdir(), "murmur-model-")), "model.json");
    writeFileSync(exported, JSON.stringify(model));
    const csv = Papa.unparse(rows.texts!.slice(0, 2).map((sentence) => ({ sentence })));
    const { predictions } = await predictRows(csv, { run: exported, coordinator: "" });
    predictions.forEach((told, i) => {
      const byAdapter = outcomeProbabilities(logits.subarray(3 * i, 3 * i + 3));
      assert("probability" in told);
      expect(told.probability).toBeCloseTo(Math.max(...byAdapter), 3);
    });
    // And with a term swapped, by the command, as the adapter scores the two texts.
    const place = { run: exported, coordinator: "" };
    const asked = Papa.unparse([{ sentence: "Nobody says anything" }, { sentence: "Profit fell by EUR 2 million" }]);
    const { texts, effects } = await swapRows(asked, "profit,loss", place, "");
    expect([texts, effects.length]).toEqual([1, 1]);
    expect(effects[0]).toMatchObject({ row: 2, had: "first", swapped: "Loss fell by EUR 2 million" });
    const pair = await answerer.scoreTexts(parameters, ["Profit fell by EUR 2 million", "Loss fell by EUR 2 million"]);
    const [before, after] = [0, 3].map((at) => outcomeProbabilities(pair.logits.subarray(at, at + 3)));
    const best = before!.indexOf(Math.max(...before!));
    expect(effects[0]!.before).toBeCloseTo(before![best]!, 3);
    expect(effects[0]!.after).toBeCloseTo(after![best]!, 3);
    // Something was learned in the adapter itself: its second matrix has left zero.
    expect(parameters.subarray(1536 * 2 + 2, 1536 * 2 + 2 + 2 * 512).some((w) => w !== 0)).toBe(true);
  });

  it.skipIf(!existsSync(join(folder, "broad-twitter-corpus")))(
    "learn to find names, which are counted whole",
    async () => {
      const task = taskNamed("names", {
        training: { rounds: 4, learningRate: 8 },
        data: { text: { column: "tokens", tokens: 24 }, heldBack: 0.2 },
        privacy: { epsilon: 50 },
      });
      const parts = await sixParts("broad-twitter-corpus", 180);
      const { detail, parameters } = await runOn(task, parts);
      const told = detail.rounds.at(-1)!.classes!;
      expect(told.byClass!.map(({ name }) => name)).toEqual(["PER", "LOC", "ORG"]);
      expect(told.microF1).toBeGreaterThanOrEqual(0);
      const { rows, logits, starts, answerer } = await scored(task, parts[0]!, parameters);
      const names = outcomesOf(task.data.label);
      const words = rows.tags!.map(({ length }) => length);
      const found = likeliestTags(names, logits, starts!, words);
      const given = rows.tags!.map((tags) => Array.from(tags, (tag) => names[tag]!));
      // So few sentences under noise teach little, but that names are no other words they do.
      const each = logits.length / rows.count;
      const named: Record<"names" | "others", number[]> = { names: [], others: [] };
      given.forEach((own, row) => {
        starts![row]!.forEach((start, word) => {
          const at = row * each + start * names.length;
          const [outside] = outcomeProbabilities(logits.subarray(at, at + names.length));
          named[own[word] === "O" ? "others" : "names"].push(1 - outside!);
        });
      });
      const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
      expect(mean(named.names)).toBeGreaterThan(mean(named.others));
      const model = await modelFileOf(detail.run, task, parameters, { normalisation: {}, marginals: {}, threshold: 0 });
      const [first] = found.keys();
      const tried = await tryText(model, answerer, rows.texts![first!]!);
      assert("parts" in tried);
      expect(tried.parts.map(({ text }) => text).join(" ")).toBe(wordsOf(rows.texts![first!]!).join(" "));
      expect(tried.parts.flatMap(({ type }) => type ?? [])).toEqual(entitiesOf(found[first!]!).map(({ type }) => type));
      // On a processor without an adapter, from the exported file, in CoNLL's form as well.
      const exported = join(mkdtempSync(join(tmpdir(), "murmur-model-")), "model.json");
      writeFileSync(exported, JSON.stringify(model));
      const sentences = [0, 1].map((i) => ({ words: wordsOf(rows.texts![i]!), columns: [given[i]!] }));
      const { predictions } = await predictRows(writeConll(sentences), { run: exported, coordinator: "" });
      expect(predictions.map((one) => "tags" in one && [one.tags, one.given])).toEqual(
        [0, 1].map((i) => [found[i], given[i]]),
      );
    },
  );
});
