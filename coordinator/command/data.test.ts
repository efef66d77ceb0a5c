import { createHash } from "node:crypto";
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type Problem, readRows } from "../../shared/data/rows.ts";
import { cellsOf } from "../../shared/fairness/histogram.ts";
import { readTaskFile } from "../../shared/task-file.ts";
import { fetchData } from "./data.ts";
import { recordsOf as recordsIn } from "./model-at.ts";
import { projectRoot } from "./project-root.ts";

let cacheDir: string;
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "murmur-data-"));
});
afterAll(() => rm(cacheDir, { recursive: true }));

async function recordsOf(path: string, delimiter: string): Promise<Record<string, string>[]> {
  const [header, ...lines] = (await readFile(path, "utf8")).trimEnd().split("\n");
  const cells = (line: string) => line.split(delimiter).map((cell) => cell.replace(/^"|"$/g, ""));
  const columns = cells(header!);
  return lines.map((line) => Object.fromEntries(cells(line).map((cell, i) => [columns[i]!, cell])));
}

async function readAs(task: string, records: Record<string, string>[]) {
  const text = await readFile(join(projectRoot, "tasks", `${task}.yaml`), "utf8");
  const asked = readTaskFile(text, `${task}.yaml`);
  const { rows, problems } = readRows(records, asked);
  const cells = cellsOf(asked).map((cell, index) => [cell.group, rows.cells.filter((c) => c === index).length]);
  return { rows, problems, positives: rows.labels.reduce((sum, y) => sum + y, 0), cells: Object.fromEntries(cells) };
}

const noProblems: Problem[] = [];

describe("bank", () => {
  it("holds every row once, a fifth of them for testing, and fits its task", async () => {
    const data = await fetchData("bank", { cacheDir });
    expect(
      createHash("sha256")
        .update(await readFile(data.path))
        .digest("hex"),
    ).toBe(data.sha256);
    const train = await recordsOf(data.path, ";");
    const test = await recordsOf(data.testPath, ";");
    expect([train.length, test.length]).toEqual([36_169, 9_042]);
    expect(data.rows).toBe(36_169);
    const read = await readAs("bank", [...train, ...test]);
    expect(read.problems).toEqual(noProblems);
    expect(read.rows.count).toBe(45_211);
    expect(read.positives).toBe(5_289);
    expect(read.cells).toEqual({
      single: 12_790,
      married: 27_214,
      divorced: 5_207,
      "under 25": 809,
      "25-59": 42_618,
      "60+": 1_784,
    });
  });

  it("is kept, and made anew where the kept copy is no longer right", async () => {
    const data = await fetchData("bank", { cacheDir });
    const before = await stat(data.path);
    expect(await fetchData("bank", { cacheDir })).toEqual(data);
    expect((await stat(data.path)).mtimeMs).toBe(before.mtimeMs);
    for (const path of [data.path, data.testPath]) {
      const right = await readFile(path);
      await appendFile(path, "99;");
      expect(await fetchData("bank", { cacheDir })).toEqual(data);
      expect((await readFile(path)).equals(right)).toBe(true);
    }
  });
});

describe("the smaller sets", () => {
  const folder = process.env.MURMUR_TEST_DATA;
  if (folder === undefined)
    console.warn("Four data sets are not tested: set MURMUR_TEST_DATA to a folder with theirs.");

  it.skipIf(folder === undefined).each([
    { name: "german", own: "german-credit", rows: [800, 200], cells: { men: 690, women: 310, "up to 25": 190 } },
    { name: "compas", own: "compas", rows: [4938, 1234], cells: { "African-American": 3175, Caucasian: 2103 } },
    { name: "heart", own: "heart-disease", rows: [614, 306], cells: { men: 726, women: 194 } },
    { name: "oulad", own: "oulad", rows: [17_250, 4_312], cells: { with: 1_896, men: 11_568, women: 9_994 } },
  ])("$name holds every row once and fits its task", async ({ name, own, rows, cells }) => {
    const data = await fetchData(name, { cacheDir, dataDir: join(folder!, own) });
    const [train, test] = [await recordsOf(data.path, ","), await recordsOf(data.testPath, ",")];
    expect([train.length, test.length]).toEqual(rows);
    const read = await readAs(name, [...train, ...test]);
    expect(read.problems).toEqual(noProblems);
    expect(read.cells).toMatchObject(cells);
  });
});

describe("the sets of texts", () => {
  const folder = process.env.MURMUR_TEST_DATA;

  it.skipIf(folder === undefined).each([
    { name: "banking77", task: "banking77", rows: [10_003, 3_080] },
    { name: "sms-spam", task: "sms-spam", rows: [4_460, 994] },
    { name: "financial-phrasebank", task: "financial-sentiment", rows: [3_877, 969] },
    { name: "broad-twitter-corpus", task: "names", rows: [6_338, 1_999] },
  ])("$name fits its task, each class with its rows", async ({ name, task, rows }) => {
    const data = await fetchData(name, { cacheDir, dataDir: join(folder!, name) });
    const read = async (path: string) => readAs(task, recordsIn(await readFile(path, "utf8")));
    const [train, test] = [await read(data.path), await read(data.testPath)];
    expect([train.problems, test.problems]).toEqual([noProblems, noProblems]);
    expect([train.rows.count, test.rows.count]).toEqual(rows);
    expect(train.rows.texts!.every((text) => text !== "")).toBe(true);
    // Nothing that is judged by was learned from, but what the makers themselves put into both.
    const known = new Set(train.rows.texts);
    if (name === "sms-spam") expect(test.rows.texts!.filter((text) => known.has(text))).toEqual([]);
  });

  it("that come in an archive say where it is", async () => {
    await expect(fetchData("sms-spam", { cacheDir: join(cacheDir, "none") })).rejects.toThrow(
      /--data-dir: is needed.*uci/,
    );
  });
});

describe("the set of images", () => {
  const folder = process.env.MURMUR_TEST_DATA;

  it.skipIf(folder === undefined)("fits its task, with a thousand of each class", async () => {
    const data = await fetchData("fashion-mnist", { cacheDir, dataDir: join(folder!, "fashion-mnist") });
    const read = async (path: string) => readAs("clothes", recordsIn(await readFile(path, "utf8")));
    const [train, test] = [await read(data.path), await read(data.testPath)];
    expect([train.problems, test.problems]).toEqual([noProblems, noProblems]);
    expect([train.rows.count, test.rows.count]).toEqual([8_000, 2_000]);
    const labels = [...train.rows.labels, ...test.rows.labels];
    expect(Array.from({ length: 10 }, (_, k) => labels.filter((label) => label === k).length)).toEqual(
      Array(10).fill(1000),
    );
    expect(train.rows.pixels!.length).toBe(8_000 * 28 * 28);
  });
});

describe("adult", () => {
  const folder = process.env.MURMUR_TEST_DATA;
  if (folder === undefined) console.warn("Adult is not tested: set MURMUR_TEST_DATA to a folder that holds adult/.");

  it.skipIf(folder === undefined)("is free of its traps and fits its task", async () => {
    const data = await fetchData("adult", { cacheDir, dataDir: join(folder!, "adult") });
    const train = await readAs("adult", await recordsOf(data.path, ","));
    expect(train.problems).toEqual(noProblems);
    expect(train.rows.count).toBe(32_561);
    expect(data.rows).toBe(32_561);
    expect(train.cells).toMatchObject({ Male: 21_790, Female: 10_771, White: 27_816, Black: 3_124, Other: 271 });
    const test = await readAs("adult", await recordsOf(data.testPath, ","));
    expect(test.problems).toEqual(noProblems);
    expect([test.rows.count, test.positives]).toEqual([16_281, 3_846]);
  });

  it("says what stood in the way when it cannot be fetched", async () => {
    const cause = new Error("getaddrinfo ENOTFOUND archive.ics.uci.edu");
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed", { cause })));
    await expect(fetchData("adult", { cacheDir: join(cacheDir, "offline") })).rejects.toThrow(
      /adult\.(data|test) could not be fetched \(getaddrinfo ENOTFOUND archive.ics.uci.edu\). Check the network/,
    );
    vi.stubGlobal("fetch", async () => new Response("<html>moved</html>"));
    await expect(fetchData("adult", { cacheDir: join(cacheDir, "offline") })).rejects.toThrow(
      /is not the file it should be: its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}. Nothing was kept./,
    );
    vi.unstubAllGlobals();
  });

  it("refuses a folder without its files, and files that are not its own", async () => {
    const dataDir = await mkdtemp(join(cacheDir, "own-"));
    const options = { cacheDir: join(cacheDir, "none"), dataDir };
    await expect(fetchData("adult", options)).rejects.toThrow(`--data-dir: ${dataDir} holds neither adult.`);
    await writeFile(join(dataDir, "adult.data"), "39, State-gov\n");
    await writeFile(join(dataDir, "adult.test"), "39, State-gov\n");
    await expect(fetchData("adult", options)).rejects.toThrow(/adult.(data|test) is not the file it should be/);
  });
});

it("lists the known data sets to who asks for another", async () => {
  await expect(fetchData("constructor", { cacheDir })).rejects.toThrow(
    "name: «constructor» is not a known data set. Use one of bank, adult, german, compas, heart, oulad, banking77, fashion-mnist, sms-spam, broad-twitter-corpus, conll2003, financial-phrasebank.",
  );
});
