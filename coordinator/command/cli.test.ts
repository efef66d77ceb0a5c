import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { InputError } from "../../shared/errors.ts";
import { runProgram } from "./cli.ts";
import { command, json, listFlag, numberFlag } from "./flags.ts";
import { output } from "./output.ts";

const train = command({
  meta: { name: "train", description: "Train a model" },
  args: {
    task: { type: "positional", description: "the task file" },
    rounds: { type: "string", required: true, valueHint: "N", description: "Rounds" },
    format: { type: "enum", options: ["json", "onnx"], default: "json", description: "Kind of file" },
    json,
  },
  run({ args }) {
    const rounds = numberFlag("rounds", args.rounds, { from: 1, to: 9, whole: true });
    output(args, { task: args.task, rounds, format: args.format }, `trained ${args.task}`);
  },
});
const fail = command({
  meta: { name: "fail", description: "Fail" },
  args: { json },
  run: () => Promise.reject(new Error("the disk is full")),
});

const program = {
  name: "murmur",
  version: "1.2.3",
  description: "d",
  commands: { train: async () => train, fail: async () => fail, verdict: async () => verdict },
};
const verdict = command({ meta: { name: "verdict", description: "Say no" }, args: { json }, run: () => 1 });

let out = "";
let err = "";
beforeEach(() => {
  out = err = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    err += text;
    return true;
  });
});
afterEach(() => vi.restoreAllMocks());

describe("a right command line", () => {
  test("with --json puts one JSON object on standard output and nothing else", async () => {
    expect(await runProgram(program, ["train", "t.yaml", "--rounds", "3", "--json"])).toBe(0);
    expect(out.split("\n")).toEqual([expect.any(String), ""]);
    expect(JSON.parse(out)).toEqual({ task: "t.yaml", rounds: 3, format: "json" });
    expect(err).toBe("");
  });

  test("takes values with = and flags before the positional", async () => {
    expect(await runProgram(program, ["train", "--rounds=3", "--format=onnx", "t.yaml", "--json"])).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ rounds: 3, format: "onnx" });
  });

  test("--version and --help answer on standard output with 0", async () => {
    expect(await runProgram(program, ["--version"])).toBe(0);
    expect(out).toBe("1.2.3\n");
    expect(await runProgram(program, ["train", "--help"])).toBe(0);
    expect(out).toContain("--rounds=<N>");
    expect(out).not.toContain("\u001b");
  });
});

describe("a wrong command line exits with 2 and says what to do", () => {
  test.each([
    [["trian"], "Did you mean `train`?"],
    [["zzzzzz"], "Use one of train, fail, verdict"],
    [["constructor"], "is not a command"],
    [["train", "t", "--rounds", "3", "--fromat", "json"], "Did you mean --format?"],
    [["train", "t", "--rounds", "3", "-r"], "is not an option"],
    [["train", "t", "--rounds"], "--rounds: has no value"],
    [["train", "t", "--rounds", "--json"], "--rounds: has no value"],
    [["train", "t", "--rounds", "3", "--rounds", "4"], "stands twice"],
    [["train", "t", "--rounds", "3.5"], "Use a whole number of at least 1 and of at most 9."],
    [["train", "t", "--rounds", "-1"], "--rounds: is «-1»"],
    [["train", "t", "--rounds", "3", "--format", "onxn"], "did you mean onnx?"],
    [["train", "--rounds", "3"], "TASK: is missing"],
    [["train", "t"], "--rounds: is missing"],
    [["train", "t", "u", "--rounds", "3"], "«u»: is not expected here"],
  ])("%j", async (argv, message) => {
    expect(await runProgram(program, argv)).toBe(2);
    expect(err).toContain(message);
    expect(out).toBe("");
  });

  test("no command at all shows the usage on standard error", async () => {
    expect(await runProgram(program, [])).toBe(2);
    expect(err).toContain("Train a model");
    expect(out).toBe("");
  });
});

test("a failure exits with 1 and its sentence, and a verdict with its own code", async () => {
  expect(await runProgram(program, ["fail"])).toBe(1);
  expect(err).toBe("murmur: the disk is full\n");
  expect(await runProgram(program, ["verdict"])).toBe(1);
});

test("a list of names has no empty ones", () => {
  expect(listFlag("group", "sex, age")).toEqual(["sex", "age"]);
  expect(() => listFlag("group", "sex,,age")).toThrow(InputError);
});
