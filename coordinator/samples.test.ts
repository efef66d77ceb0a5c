import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { readTaskFile } from "../shared/task-file.ts";
import { exampleTasks, sampleFor } from "./samples.ts";

const examples = await exampleTasks();
const task = (name: string) => readTaskFile(examples.find((example) => example.name === name)!.yaml, name);

it("hands out the rows of one job, not always the same", async () => {
  const jobs = new Set<string>();
  // The chance that 20 draws of 12 jobs all agree is 12^-19.
  for (let i = 0; i < 20; i++) {
    const [header, ...rows] = (await sampleFor(task("bank")))!.trimEnd().split("\n");
    expect(header).toMatch(/^"age";"job";"marital"/);
    const [job, ...others] = new Set(rows.map((row) => row.split(";")[1]!));
    expect(others).toEqual([]);
    expect(rows.length).toBeGreaterThanOrEqual(38);
    jobs.add(job!);
  }
  expect(jobs.size).toBeGreaterThan(1);
});

describe("a data set that is kept", () => {
  const folder = mkdtempSync(join(tmpdir(), "murmur-samples-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const columns = "age,workclass,fnlwgt,education,education-num,marital-status,occupation,relationship,race,sex,";
  const header = `${columns}capital-gain,capital-loss,hours-per-week,native-country,income`;
  const all = Array.from(
    { length: 20_000 },
    (_, i) => `${i},${`${"long".repeat(6)},`.repeat(7)}White,Male,0,0,40,x,>50K`,
  );

  it("is not there: no sample", async () => {
    expect(await sampleFor(task("adult"), folder)).toBeUndefined();
  });

  it("gives whole rows from anywhere in it, and all of a small one", async () => {
    writeFileSync(join(folder, "adult.csv"), `${[header, ...all].join("\n")}\n`);
    const firsts = new Set<string>();
    const known = new Set(all);
    // Four draws of 15,000 places that all agree would be a wonder.
    for (let i = 0; i < 4; i++) {
      const [first, ...rows] = (await sampleFor(task("adult"), folder))!.trimEnd().split("\n");
      expect(first).toBe(header);
      expect(rows).toHaveLength(400);
      expect(rows.every((row) => known.has(row))).toBe(true);
      firsts.add(rows[0]!);
    }
    expect(firsts.size).toBeGreaterThan(1);
    const small = `${[header, ...all.slice(0, 9)].join("\n")}\n`;
    writeFileSync(join(folder, "adult.csv"), small);
    expect(await sampleFor(task("adult"), folder)).toBe(small);
  });

  it("is another task's, with columns of the same names: no sample", async () => {
    const foreign = all.slice(0, 9).map((row) => row.replace(">50K", "yes"));
    writeFileSync(join(folder, "adult.csv"), `${[header, ...foreign].join("\n")}\n`);
    expect(await sampleFor(task("adult"), folder)).toBeUndefined();
  });
});
