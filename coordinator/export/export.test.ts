import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { describe, expect, it } from "vitest";
import { architectureOf, parameterCount } from "../../shared/model.ts";
import { modelFileOf, openModel } from "../../shared/model-file.ts";
import { asTask } from "../../shared/task-rules.ts";
import { encodeModel } from "./model.ts";

const task = asTask({
  name: "t",
  purpose: "a small task for tests of exports",
  data: {
    label: { column: "y", positive: "1", negative: "0" },
    features: [
      { name: "x", kind: "numeric", min: 0, max: 1 },
      { name: "colour", kind: "categorical", values: ["red", "green", "blue"] },
    ],
  },
  model: {
    layers: [
      { kind: "dense", outputs: 5, activation: "relu" },
      { kind: "dense", outputs: 4, activation: "tanh" },
      { kind: "dense", outputs: 3, activation: "sigmoid" },
      { kind: "dense", outputs: 1 },
    ],
  },
  privacy: { unit: "record", epsilon: 1, delta: 1e-5 },
  training: { rounds: 1, learningRate: 1 },
});
const parameters = Float32Array.from({ length: parameterCount(architectureOf(task)) }, (_, i) => Math.sin(7 * i + 1));
const context = {
  normalisation: { x: { mean: 0.5, scale: 0.3 } },
  marginals: { x: Array(33).fill(1), colour: [1, 2, 3, 0] },
  threshold: 0.1,
};
const model = await modelFileOf("r", task, parameters, context);
const inputs = Array.from({ length: 50 }, (_, r) => [Math.cos(r), ...[0, 1, 2].map((c) => +(r % 3 === c))]);
const expected = (await openModel(model)).score(Float64Array.from(inputs.flat()));

/** Fields of a message by number; LEN values as bytes. */
function fieldsOf(bytes: Uint8Array): Map<number, (Uint8Array | number)[]> {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, (Uint8Array | number)[]>();
  while (reader.pos < reader.len) {
    const [number, wire] = reader.tag();
    const value = wire === 2 ? reader.bytes() : Number(reader.int64());
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}
const textOf = (value: Uint8Array | number | undefined) => new TextDecoder().decode(value as Uint8Array);

/** A reader of its own: walks the graph's nodes and computes what each says. */
function runOnnx(file: Uint8Array, x: number[][]): Map<string, number[][]> {
  const graph = fieldsOf(fieldsOf(file).get(7)![0] as Uint8Array);
  const values = new Map<string, number[][]>([["inputs", x]]);
  for (const bytes of graph.get(5)!) {
    const tensor = fieldsOf(bytes as Uint8Array);
    const raw = new Float32Array((tensor.get(9)![0] as Uint8Array).slice().buffer);
    const [rows, columns] = tensor.get(1)!.length === 2 ? (tensor.get(1) as [number, number]) : [1, tensor.get(1)![0]];
    values.set(
      textOf(tensor.get(8)![0]),
      Array.from({ length: rows }, (_, r) => Array.from(raw.subarray(r * Number(columns), (r + 1) * Number(columns)))),
    );
  }
  const each = (f: (v: number) => number) => (m: number[][]) => m.map((row) => row.map(f));
  const unary: Record<string, (m: number[][]) => number[][]> = {
    Relu: each((v) => Math.max(0, v)),
    Tanh: each(Math.tanh),
    Sigmoid: each((v) => 1 / (1 + Math.exp(-v))),
  };
  for (const bytes of graph.get(1)!) {
    const node = fieldsOf(bytes as Uint8Array);
    const [a, b, c] = node.get(1)!.map((name) => values.get(textOf(name))!);
    const operator = textOf(node.get(4)![0]);
    const result =
      operator === "Gemm"
        ? a!.map((row) => b![0]!.map((_, o) => row.reduce((sum, v, i) => sum + v * b![i]![o]!, c![0]![o]!)))
        : unary[operator]!(a!);
    values.set(textOf(node.get(2)![0]), result);
  }
  return values;
}

describe("an exported model", () => {
  it("as JSON opens again and is the same model", async () => {
    const again = await openModel(JSON.parse(new TextDecoder().decode(encodeModel(model, parameters, "json"))));
    expect(again.file).toEqual(model);
    expect(again.parameters).toEqual(parameters);
  });

  it("as ONNX says what ours says, and carries what its inputs mean", () => {
    const file = encodeModel(model, parameters, "onnx");
    const values = runOnnx(file, inputs);
    values.get("logit")!.forEach(([z], r) => {
      expect(Math.abs(z! - expected[r]!)).toBeLessThan(1e-9);
    });
    const metadata = fieldsOf(file)
      .get(14)!
      .map((p) => fieldsOf(p as Uint8Array));
    const entry = metadata.find((p) => textOf(p.get(1)![0]) === "context")!;
    expect(JSON.parse(textOf(entry.get(2)![0]))).toEqual(context);
  });

  const python = process.env.MURMUR_TEST_PYTHON;
  if (!python)
    console.warn(
      "Python does not read the exports back: set MURMUR_TEST_PYTHON to one with onnxruntime and safetensors",
    );
  it.skipIf(!python)("is read back by Python's onnxruntime and safetensors, to 1e-5", () => {
    const folder = mkdtempSync(join(tmpdir(), "murmur-export-"));
    try {
      const paths = ["model.safetensors", "model.onnx", "inputs.json"].map((name) => join(folder, name));
      writeFileSync(paths[0]!, encodeModel(model, parameters, "safetensors"));
      writeFileSync(paths[1]!, encodeModel(model, parameters, "onnx"));
      writeFileSync(paths[2]!, JSON.stringify(inputs));
      const script = join(import.meta.dirname, "read-back.py");
      const read = JSON.parse(execFileSync(python!, [script, ...paths], { encoding: "utf8" }));
      expect(read.opset).toBe(17);
      expect(JSON.parse(read.metadata.architecture)).toEqual(model.architecture);
      for (let r = 0; r < inputs.length; r++) {
        expect(Math.abs(read.safetensors[r] - expected[r]!)).toBeLessThan(1e-5);
        expect(Math.abs(read.onnx[r] - expected[r]!)).toBeLessThan(1e-5);
        expect(Math.abs(read.probability[r] - 1 / (1 + Math.exp(-expected[r]!)))).toBeLessThan(1e-5);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
