import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RunDetail } from "../../shared/run-record.ts";
import { readTaskFile } from "../../shared/task-file.ts";
import { troublesOf } from "./troubles.ts";

const bank = readTaskFile(readFileSync(join(import.meta.dirname, "../../tasks/bank.yaml"), "utf8"), "bank.yaml");
const privacy = { epsilon: 0.5, delta: 1e-5, unit: "record", relation: "add-remove" } as const;
const run = (change: Partial<RunDetail>): RunDetail => ({
  run: "r",
  name: "small",
  state: "running",
  createdAt: "",
  roundsDone: 1,
  roundsPlanned: 5,
  connected: 5,
  weakCohort: false,
  privacy,
  task: bank,
  taskHash: "",
  invitation: "",
  rounds: [],
  gates: [],
  modelHash: "",
  ...change,
});
const record = (change: Partial<RunDetail["rounds"][number]>): RunDetail["rounds"][number] => ({
  round: 1,
  question: "train",
  state: "finished",
  cohort: 5,
  survivors: 5,
  dropped: {},
  privacy,
  modelHash: "",
  duration: 1,
  finishedAt: "",
  ...change,
});
const codes = (change: Partial<RunDetail>) => troublesOf(run(change)).map(({ code }) => code);

test("a run that goes well has none", () => {
  expect(codes({})).toEqual([]);
  expect(codes({ state: "finished", rounds: [record({ question: "evaluate" })] })).toEqual([]);
});

test("each trouble is told where it is one, and not after it is over", () => {
  expect(codes({ state: "waiting", connected: 3 })).toEqual(["too-few"]);
  expect(troublesOf(run({ state: "waiting", connected: 3 }))[0]!.details).toEqual({ missing: 2 });
  expect(codes({ state: "held", connected: 3 })).toEqual(["held"]);
  expect(codes({ weakCohort: true })).toEqual(["weak"]);
  const aborted = record({ state: "aborted", reason: "survivors-too-few" });
  expect(troublesOf(run({ rounds: [record({}), aborted, aborted] }))).toEqual([
    { code: "aborted", details: { count: 2 }, reason: "survivors-too-few" },
  ]);
  expect(codes({ rounds: [aborted, record({})] })).toEqual([]);
  expect(codes({ rounds: [record({ dropped: { disconnected: 1 } })] })).toEqual(["dropouts"]);
  expect(codes({ privacy: { ...privacy, epsilon: 1.95 } })).toEqual(["budget"]);
  expect(codes({ state: "finished", rounds: [record({})] })).toEqual(["unjudged"]);
  const gates = [{ gate: { metric: "auc", atLeast: 0.9 } as const, value: 0.5, met: false }];
  expect(codes({ gates })).toEqual([]);
  expect(codes({ gates, state: "finished", rounds: [record({ question: "evaluate" })] })).toEqual(["gates"]);
  expect(codes({ state: "failed", rounds: [aborted] })).toEqual(["failed"]);
});
