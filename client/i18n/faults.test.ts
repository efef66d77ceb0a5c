import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { afterEach, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { InputError } from "../../shared/errors.ts";
import { asGrid } from "../../shared/lab/grid.ts";
import { readTaskFile, TaskFileError } from "../../shared/task-file.ts";
import { faultInWords, faultSentence, loadFaults } from "./faults.ts";
import { faultsZh } from "./faults-zh.ts";
import { language } from "./messages.ts";

const root = join(import.meta.dirname, "../..");

/** Where what a page shows of a wrong task, grid or file is put into words. */
const files = [
  "shared/task.ts",
  "shared/task-rules.ts",
  "shared/task-file.ts",
  "shared/task-faults.ts",
  "shared/model.ts",
  "shared/privacy/calibrate.ts",
  "shared/lab/grid.ts",
  "shared/lab/axes.ts",
  "shared/lab/search.ts",
  "shared/data/rows.ts",
  "shared/recommend/choices.ts",
  "shared/recommend/catalogue.ts",
  "client/data/read.ts",
  "client/data/gather.ts",
  "coordinator/lab-jobs.ts",
  "coordinator/coordinator.ts",
  "coordinator/run.ts",
];

/** All that an expression may say, with {} for what is filled in. */
function saidBy(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return saidBy(node.expression);
  if (ts.isConditionalExpression(node)) return [...saidBy(node.whenTrue), ...saidBy(node.whenFalse)];
  if (!ts.isTemplateExpression(node)) return [];
  return node.templateSpans.reduce(
    (before, { expression, literal }) => {
      const choices = saidBy(expression);
      return before.flatMap((text) =>
        (choices.length > 0 ? choices : ["{}"]).map((choice) => text + choice + literal.text),
      );
    },
    [node.head.text],
  );
}

function faultsIn(path: string): Set<string> {
  const found = new Set<string>();
  const take = (node: ts.Expression | undefined) => {
    for (const text of node ? saidBy(node) : [])
      for (const part of text.split("; ")) if (/\p{L}/u.test(part)) found.add(sentence(part));
  };
  const visit = (node: ts.Node): void => {
    const calls = (name: string) => ts.isCallExpression(node) && node.expression.getText() === name;
    if (ts.isNewExpression(node) && node.expression.getText() === "InputError") node.arguments!.slice(1).forEach(take);
    if (ts.isCallExpression(node) && calls("report")) take(node.arguments[1]);
    if (ts.isCallExpression(node) && calls("fault")) node.arguments.forEach(take);
    if (ts.isPropertyAssignment(node) && ["problem", "fix", "message"].includes(node.name.getText()))
      take(node.initializer);
    if (ts.isVariableDeclaration(node) && ["problem", "fix", "bound"].includes(node.name.getText()))
      take(node.initializer);
    if (ts.isVariableDeclaration(node) && node.name.getText() === "expectedNames")
      for (const { initializer } of (node.initializer as ts.ObjectLiteralExpression)
        .properties as ts.NodeArray<ts.PropertyAssignment>)
        take(initializer);
    if (ts.isCallExpression(node) && /\.regex$/.test(node.expression.getText())) take(node.arguments[1]);
    // Why a run ended.
    if (ts.isCallExpression(node) && /\.(#end|stop)$/.test(node.expression.getText())) take(node.arguments.at(-1));
    if (ts.isPropertyAssignment(node) && node.name.getText() === "reason" && path.endsWith("/run.ts"))
      take(node.initializer);
    if (ts.isParameter(node) && node.name.getText() === "reason") take(node.initializer);
    if (ts.isReturnStatement(node) && path.endsWith("task-faults.ts")) take(node.expression);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, readFileSync(join(root, path), "utf8"), ts.ScriptTarget.ES2022, true));
  return found;
}

/** Remedies are written as parts of sentences, and shown as sentences. */
const sentence = (text: string) => text.replace(/\.$/, "");

/** Filled into others, with words of their own. */
const parts = [
  ...["entry", "entries", "character", "characters"].flatMap((word) => [`no ${word}`, `{} ${word}`]),
  "«{}»",
  "rejected",
  "withdrawn",
  "cannot be read as YAML here: {}",
].filter((part) => part !== "no character");

beforeAll(loadFaults);
afterEach(() => {
  language.value = "en";
});

test("every problem and every remedy that a page may show is there in Chinese, and none that nobody says any more", () => {
  const said = new Set([...files.flatMap((path) => [...faultsIn(path)]), ...parts]);
  expect(said.size).toBeGreaterThan(150);
  expect(Object.keys(faultsZh).filter((english) => !said.has(english))).toEqual([]);
  expect([...said].filter((english) => !Object.hasOwn(faultsZh, english))).toEqual([]);
});

test("a translation fills in what its English does", () => {
  for (const [english, chinese] of Object.entries(faultsZh)) {
    const holes = english.split("{}").length - 1;
    const used = [...chinese.matchAll(/\{(\d)\}/g)].map((match) => Number(match[1]));
    if (!english.includes("YAML")) expect(used.toSorted(), english).toEqual(Array.from({ length: holes }, (_, i) => i));
    expect(/[\u4e00-\u9fff]/.test(chinese) || english === "«{}»", english).toBe(true);
  }
});

/** Letters that are no field's, value's or name's: in backquotes, quotes or brackets may stand any. */
const strangeWords = (text: string) =>
  text.replaceAll(/`[^`]*`|“[^”]*”|"[^"]*"|\[[^\]]*\]|：[\w\s,.&-]+/g, "").match(/[a-z]{3,}/gi) ?? [];

const bank = readFileSync(join(root, "tasks/bank.yaml"), "utf8");
const names =
  /^(dense|relu|logit|auc|accuracy|adaptive|none|also|YAML|conv|fairness|attribute|data|sensitive|ONNX|tanh|sigmoid|max|pool|tasks)$/;

test.each([
  [/^purpose:[\s\S]*?\n\n/m, "purpose: short\n\n"],
  [/epsilon: 2/, "epsilon: two"],
  [/epsilon: 2/, "epsilom: 2"],
  [/rounds: \d+/, "rounds: 2.5"],
  [/rounds: \d+/, 'rounds: "9"'],
  [/rounds: \d+/, "rounds: [9]"],
  [/unit: record/, "unit: row"],
  [/penalty: [a-z-]+/, "penalty: parity"],
  [/minimum: \d+/, "minimum: 90000"],
  [/^gates:/m, "gate:"],
  [/^privacy:/m, "privacy: none\nother:"],
  [/attribute: [a-z]+/, "attribute: colour"],
  [/^name: .*$/m, "name: [a"],
  [/^/, "\tname: x\n"],
  [/^[\s\S]*$/, ""],
])("a wrong task says in Chinese what is wrong: %s → %j", (from, to) => {
  const wrong = bank.replace(from, to);
  expect(wrong).not.toBe(bank);
  language.value = "zh";
  let problems: { problem: string; fix: string }[] = [];
  try {
    readTaskFile(wrong, "bank.yaml");
  } catch (error) {
    expect(error).toBeInstanceOf(TaskFileError);
    problems = (error as TaskFileError).problems;
  }
  expect(problems.length).toBeGreaterThan(0);
  for (const fault of problems) {
    const told = faultSentence(fault);
    expect(
      strangeWords(told).filter((word) => !names.test(word)),
      `${fault.problem}. ${fault.fix} → ${told}`,
    ).toEqual([]);
  }
});

test.each([
  { epsilon: "much" },
  { epsilon: [1, 1] },
  { seeds: [0.5] },
  { seeds: undefined },
  { colour: 1 },
  { split: [{ kind: "even" }] },
  { name: "A B" },
])("a wrong grid says so too: %j", (change) => {
  const grid = parse(readFileSync(join(root, "tasks/grids/bank-frontier.yaml"), "utf8"));
  language.value = "zh";
  try {
    asGrid({ ...grid, ...change });
    expect.unreachable();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    const told = faultSentence(error);
    expect(
      strangeWords(told).filter((word) => !names.test(word)),
      `${error.message} → ${told}`,
    ).toEqual([]);
  }
});

test("in English nothing is changed", () => {
  expect(faultSentence({ problem: "is missing", fix: "Add it." })).toBe("is missing. Add it.");
  expect(faultInWords("is missing")).toBe("is missing");
});
