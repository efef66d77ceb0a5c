import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { projectRoot } from "../coordinator/command/project-root.ts";
import { exampleTasks } from "../coordinator/samples.ts";
import { InputError } from "./errors.ts";
import { inputWidth } from "./model.ts";
import { readTaskFile, TaskFileError } from "./task-file.ts";

const good = `name: shop
purpose: to find out who comes back
data:
  label: { column: back, positive: "yes", negative: "no" }
  features:
    - { name: age, kind: numeric, min: 18, max: 95 }
    - name: town
      kind: categorical
      values: [north, south]
  sensitive:
    - name: sex
      column: sex
      groups:
        - { name: women, values: [F] }
        - { name: men, values: [M] }
model: { layers: [{ kind: dense, outputs: 1 }] }
privacy:
  unit: record
  epsilon: 2
  delta: 1.0e-5
training:
  rounds: 10
  learningRate: 1
fairness:
  penalty: demographic-parity
  attribute: sex
  groups: [women, men]
gates:
  - { metric: auc, atLeast: 0.7 }
`;

function complaint(text: string): string {
  try {
    readTaskFile(text, "shop.yaml");
  } catch (error) {
    if (error instanceof TaskFileError) return error.message;
    throw error;
  }
  return "accepted";
}

/** What to replace in the good file, by what, and all that is then said. */
const slips: [string, string, string, string][] = [
  [
    "a misspelt field",
    "  epsilon: 2",
    "  epsilonn: 2",
    "shop.yaml:17:1: privacy.epsilon is missing. Add it.\nshop.yaml:19:3: privacy.epsilonn is not a known field. Did you mean `epsilon`?",
  ],
  [
    "a field unlike any",
    "model: { layers: [{ kind: dense, outputs: 1 }] }",
    "model: { layers: [{ kind: dense, outputs: 1 }], colour: 3 }",
    "shop.yaml:16:49: model.colour is not a known field. Use only layers, encoder.",
  ],
  [
    "a number in quotes",
    "epsilon: 2",
    'epsilon: "2"',
    "shop.yaml:19:12: privacy.epsilon is «2», not a number. Write 2 without quotes.",
  ],
  [
    "a number out of range",
    "epsilon: 2",
    "epsilon: -2",
    "shop.yaml:19:12: privacy.epsilon is -2. Use a number above 0.",
  ],
  [
    "a broken number",
    "rounds: 10",
    "rounds: 10.5",
    "shop.yaml:22:11: training.rounds is 10.5, not a whole number. Write a whole number, with a point for decimals.",
  ],
  [
    "a truth value for a text",
    'positive: "yes"',
    "positive: true",
    'shop.yaml:4:36: data.label.positive is true, not a text. Put it in quotes: "true".',
  ],
  [
    "an unknown choice",
    "unit: record",
    "unit: recrd",
    "shop.yaml:18:9: privacy.unit is «recrd». Did you mean `record`? Use one of record, participant.",
  ],
  [
    "an unknown kind of feature",
    "kind: numeric",
    "kind: number",
    "shop.yaml:6:26: data.features.0.kind is «number». Use one of numeric, categorical.",
  ],
  [
    "a slip in a feature",
    "min: 18",
    "mni: 18",
    "shop.yaml:6:7: data.features.0.min is missing. Add it: values below are raised to it. A public fact about the column, never read from the data.\nshop.yaml:6:35: data.features.0.mni is not a known field. Did you mean `min`?",
  ],
  [
    "too few values",
    "values: [north, south]",
    "values: [north]",
    "shop.yaml:9:7: data.features.1.values has 1 entry. Give at least 2.",
  ],
  [
    "a text for a list",
    "layers: [{ kind: dense, outputs: 1 }]",
    "layers: none",
    "shop.yaml:16:18: model.layers is «none», not a list. Write [one, another], or one entry a line, each after a dash.",
  ],
  [
    "too short a text",
    "to find out who comes back",
    "because",
    "shop.yaml:2:10: purpose has 7 characters. Use at least 10.",
  ],
  [
    "a group without members",
    "values: [F] }",
    "}",
    "shop.yaml:14:11: data.sensitive.0.groups.0 is not clear. Give either `values` or a range (`from`, `below`).",
  ],
  [
    "a gate that says two things",
    "atLeast: 0.7",
    "atLeast: 0.7, atMost: 1",
    "shop.yaml:29:5: gates.0 is not clear. Give exactly one of `atMost` and `atLeast`.",
  ],
  [
    "a name that leads nowhere",
    "attribute: sex",
    "attribute: gender",
    "shop.yaml:26:14: fairness.attribute «gender» is not among data.sensitive. List it there or correct the name.",
  ],
  [
    "limits the wrong way round",
    "max: 95",
    "max: 9",
    "shop.yaml:6:49: data.features.0.max must be above `min`. Correct the value.",
  ],
  [
    "8.29 sampling that hides nothing",
    "unit: record",
    "unit: participant\n  sampleRate: 0.5",
    "shop.yaml:19:15: privacy.sampleRate must be 1 at participant level: the coordinator sees who takes part, so sampling hides nothing. Correct the value.",
  ],
  [
    "an empty block",
    "model: { layers: [{ kind: dense, outputs: 1 }] }",
    "model:",
    "shop.yaml:16:7: model is empty, not a block of fields. Write its fields below it, one a line, further in.",
  ],
  [
    "a field twice",
    "  delta: 1.0e-5",
    "  delta: 1.0e-5\n  epsilon: 3",
    "shop.yaml:21:3: privacy.epsilon stands twice. Keep one of the two.",
  ],
  [
    "a field twice within a list",
    "min: 18, max: 95",
    "min: 18, max: 95, min: 3",
    "shop.yaml:6:53: data.features.0.min stands twice. Keep one of the two.",
  ],
  ["a tab", "  unit: record", "\tunit: record", "shop.yaml:18:1: the file is indented with a tab. Indent with spaces."],
  [
    "an open bracket",
    "[north, south]",
    "[north, south",
    "shop.yaml:10:3: the file is indented unlike its neighbours. Give fields of one block the same number of spaces, and close every bracket.",
  ],
  [
    "a colon in a text",
    "purpose: to find",
    "purpose: to find: out",
    "shop.yaml:2:10: the file cannot be read as YAML here: nested mappings are not allowed in compact mappings. Look for a missing blank after a colon, an open quote or bracket, or a text that needs quotes.",
  ],
  [
    "an alias",
    "unit: record",
    "unit: *record",
    "shop.yaml:18:9: the file has an alias (*record), which a task file does without. Write the value out, or put a text that begins with * in quotes.",
  ],
  [
    "two documents",
    "model: {",
    "---\nmodel: {",
    "shop.yaml:16:1: the file holds more than one document. Write one task a file, without `---` between its parts.",
  ],
];

describe("readTaskFile", () => {
  it("reads a task and fills in what is customary", () => {
    const task = readTaskFile(good, "shop.yaml");
    expect(task.privacy).toMatchObject({ epsilon: 2, clipNorm: 1, profileShare: 0.1 });
    expect(inputWidth(task)).toBe(3);
  });

  it.each(slips)("points at %s", (_, from, to, message) => {
    expect(good).toContain(from);
    expect(complaint(good.replace(from, to))).toBe(message);
  });

  it("says what a file is that is no task at all", () => {
    expect(complaint("")).toBe("shop.yaml:1:1: the file is empty. Start from one of the examples in tasks/.");
    expect(complaint("# only a remark\n")).toMatch(/the file is empty/);
    expect(complaint("- a")).toMatch(/^shop.yaml:1:1: the file is a list, not a block of fields/);
  });

  it("does not unfold a file that multiplies itself", () => {
    const bomb = ["a0: &a0 [x, x]", ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)];
    expect(complaint(bomb.join("\n"))).toMatch(/^shop.yaml:2:10: the file has an alias \(\*a0\)/);
  });

  it("has an answer to whatever stands in the file", () => {
    const scraps = [
      "",
      " ",
      "\n",
      "\t",
      ":",
      "- ",
      "{",
      "]",
      '"',
      "? ",
      "&a",
      "*a",
      "<<: ",
      "!!x ",
      "__proto__: 1\n",
      "~",
      "1",
    ];
    const cut = fc.tuple(fc.nat(good.length), fc.nat(12), fc.constantFrom(...scraps));
    fc.assert(
      fc.property(fc.array(cut, { minLength: 1, maxLength: 3 }), (cuts) => {
        const spoilt = cuts.reduce((text, [at, length, by]) => text.slice(0, at) + by + text.slice(at + length), good);
        // Anything but a TaskFileError is thrown on by `complaint`.
        expect(complaint(spoilt)).toMatch(/^(accepted$|shop\.yaml:\d+:\d+: )/);
      }),
      { seed: 8, numRuns: 400 },
    );
  });

  it("is an InputError of the first problem, with all of them beside", () => {
    try {
      readTaskFile(good.replace("epsilon: 2", "epsilon: 0").replace("rounds: 10", "rounds: 0"), "shop.yaml");
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(InputError);
      const { field, problem, problems } = error as TaskFileError;
      expect({ field, problem }).toEqual({ field: "privacy.epsilon", problem: "is 0" });
      expect(problems.map(({ path, line, column }) => [path, line, column])).toEqual([
        ["privacy.epsilon", 19, 12],
        ["training.rounds", 22, 11],
      ]);
    }
  });
});

describe("the example tasks", () => {
  it("can be read", async () => {
    const examples = await exampleTasks();
    expect(examples.map(({ name }) => name)).toEqual(expect.arrayContaining(["adult", "bank"]));
    for (const { name, yaml } of examples) expect(readTaskFile(yaml, `${name}.yaml`).name).toBe(name);
  });

  it("leave out of bank what is known only after the call", () => {
    const task = readTaskFile(readFileSync(join(projectRoot, "tasks/bank.yaml"), "utf8"), "bank.yaml");
    expect(task.data.features.map((f) => f.name)).not.toContain("duration");
    expect(inputWidth(task)).toBe(6 + 12 + 3 + 4 + 2 + 2 + 2 + 3 + 12 + 4);
  });
});
