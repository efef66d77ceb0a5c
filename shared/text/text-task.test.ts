import { describe, expect, it } from "vitest";
import { dropIdentifiers } from "../data/anonymise.ts";
import { readRows } from "../data/rows.ts";
import { classTable } from "../fairness/class-figures.ts";
import { architectureOf, frozenLayers, layersOf, parameterCount } from "../model.ts";
import { layoutOf } from "../questions/question.ts";
import { asTask, checkTask } from "../task-rules.ts";
import { adaptable, useLiteLayers, useLiteTensors } from "./use-lite.ts";

const task = (change: { data?: object; model?: object; rest?: object } = {}) => ({
  name: "texts",
  purpose: "a task that reads texts",
  data: {
    label: { column: "label", classes: ["a", "b", "c"] },
    text: { column: "text", tokens: 16 },
    ...change.data,
  },
  model: { encoder: { name: "use-lite" }, layers: [{ kind: "dense", outputs: 3 }], ...change.model },
  privacy: { unit: "record", epsilon: 2, delta: 1e-5 },
  training: { rounds: 2, learningRate: 1 },
  cohort: { minimum: 5 },
  ...change.rest,
});
const problemsOf = (value: unknown): string[] => {
  const checked = checkTask(value);
  return "task" in checked ? [] : checked.problems.map(({ path, problem }) => `${path.join(".")} ${problem}`);
};

describe("a task that reads texts", () => {
  it("is taken, with classes or with two outcomes", () => {
    expect(problemsOf(task())).toEqual([]);
    const two = { label: { column: "label", positive: "a", negative: "b" } };
    expect(problemsOf(task({ data: two, model: { layers: [{ kind: "dense", outputs: 1 }] } }))).toEqual([]);
  });

  it.each([
    ["data.features stand beside", { data: { features: [{ name: "x", kind: "numeric", min: 0, max: 1 }] } }],
    ["data.text.column is the label", { data: { text: { column: "label" } } }],
    ["model.encoder is missing", { model: { encoder: undefined } }],
    ["model.encoder.adapters name `sentence`", { model: { encoder: { name: "use-lite", adapters: ["sentence"] } } }],
    [
      "model.encoder.adapters name a matrix twice",
      { model: { encoder: { name: "use-lite", adapters: ["1.w1", "1.w1"] } } },
    ],
    ["model.layers.0.outputs must be 3", { model: { layers: [{ kind: "dense", outputs: 1 }] } }],
    ["model.layers.0.frozen is an encoder's", { model: { layers: [{ kind: "dense", outputs: 3, frozen: true }] } }],
    ["explain is about columns", { rest: { explain: {} } }],
    [
      "gates.0.metric is microF1, of classes",
      {
        data: { label: { column: "label", positive: "a", negative: "b" } },
        model: { layers: [{ kind: "dense", outputs: 1 }] },
        rest: { gates: [{ metric: "microF1", atLeast: 0.5 }] },
      },
    ],
    [
      "data.sensitive are counted for two outcomes",
      {
        data: {
          sensitive: [
            {
              name: "g",
              column: "g",
              groups: [
                { name: "x", values: ["x"] },
                { name: "y", values: ["y"] },
              ],
            },
          ],
        },
      },
    ],
    ["data.label.classes name an outcome twice", { data: { label: { column: "label", classes: ["a", "b", "a"] } } }],
    ["gates.0.metric is auc", { rest: { gates: [{ metric: "auc", atLeast: 0.5 }] } }],
  ])("is refused where %s", (problem, change) => {
    expect(problemsOf(task(change)).join("\n")).toContain(problem);
  });

  it("without a text, a table without features or with an encoder is refused", () => {
    const nothing = problemsOf(task({ data: { text: undefined } })).join("\n");
    expect(nothing).toContain("data.features are missing");
    expect(nothing).toContain("model.encoder reads texts");
  });

  it("keeps its text column when a file is read, and rows have their texts", () => {
    const asked = asTask(task());
    const records = [
      { text: " hello ", label: "b", other: "x" },
      { text: "bye", label: "z", other: "y" },
    ];
    const { records: kept, dropped } = dropIdentifiers(records, asked);
    expect(dropped).toEqual(["other"]);
    const { rows, problems } = readRows(kept, asked);
    expect([rows.texts, Array.from(rows.labels), rows.cells.length]).toEqual([["hello"], [1], 0]);
    expect(problems.map(({ code, row }) => [code, row])).toEqual([["unknown-label", 2]]);
  });

  it("one row moves the table of classes by no more than the layout says", () => {
    const layout = layoutOf("evaluate", asTask(task()));
    for (const label of [0, 1, 2])
      for (const predicted of [0, 1, 2]) {
        const table = classTable(3, [label], [predicted]);
        const moved = Math.hypot(...Array.from(table, (count) => count * layout.segments[0]!.unit));
        expect(moved).toBeLessThanOrEqual(layout.sensitivity);
      }
  });
});

describe("the encoder's layers", () => {
  it("have a name for every frozen tensor, and train nothing without adapters", () => {
    const whole = { inputShape: [16], layers: useLiteLayers("sentence", [], 1) };
    expect(layersOf(whole).filter(({ frozen }) => frozen)).toHaveLength(useLiteTensors.length);
    expect(parameterCount(whole)).toBe(0);
    expect(frozenLayers(whole.layers)).toBe(whole.layers.length);
  });

  it.each(adaptable)("an adapter on %s trains its two matrices and nothing else", (name) => {
    const { inputs, outputs } = sizes(name);
    const layers = useLiteLayers("sentence", [name], 4);
    expect(parameterCount({ inputShape: [16], layers })).toBe((inputs + 1) * 4 + 5 * outputs);
    expect(frozenLayers(layers)).toBeLessThan(layers.length);
  });

  it("what is trained is the adapters and the head", () => {
    const asked = asTask(task({ model: { encoder: { name: "use-lite", adapters: ["1.w1", "1.w2"], rank: 2 } } }));
    const adapters = 513 * 2 + 3 * 1536 + 1537 * 2 + 3 * 512;
    expect(parameterCount(architectureOf(asked))).toBe(adapters + 513 * 3);
  });
});

function sizes(name: (typeof adaptable)[number]): { inputs: number; outputs: number } {
  if (name === "sentence") return { inputs: 512, outputs: 512 };
  const [block, part] = name.split(".") as ["0" | "1", string];
  const width = block === "0" ? 256 : 512;
  switch (part) {
    case "qkv":
      return { inputs: width, outputs: 3 * width };
    case "out":
      return { inputs: width, outputs: 512 };
    case "w1":
      return { inputs: 512, outputs: 1536 };
    default:
      return { inputs: 1536, outputs: 512 };
  }
}
