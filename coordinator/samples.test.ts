import { expect, it } from "vitest";
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

it("has nothing for a task that reads other columns", async () => {
  expect(await sampleFor(task("adult"))).toBeUndefined();
});
