import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { layoutOf } from "../layout.ts";
import { Programs } from "../program.ts";
import { dawnDevice } from "../testing/dawn.ts";
import { perceptron } from "../testing/rows.ts";
import { hasQuads } from "../tiles/quads.ts";
import { compile } from "./shader.ts";

const device = await dawnDevice();
afterAll(() => device?.destroy());
const here = new URL("..", import.meta.url).pathname;
const files = readdirSync(here, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".wgsl"));

describe("WGSL files", () => {
  it.each(files)("%s: lines of at most 120 characters, no trailing space", (file) => {
    for (const line of readFileSync(here + file, "utf8").split("\n")) expect(line).toMatch(/^(.{0,119}\S)?$/u);
  });
});

describe.skipIf(device === undefined)("compile", () => {
  it("compiles every kernel without a message", async () => {
    const compiled: string[] = [];
    const create = device!.createShaderModule;
    device!.createShaderModule = (descriptor) => {
      compiled.push(descriptor.label!);
      return create.call(device!, descriptor);
    };
    try {
      const { layers } = perceptron(1, [], "none", 3);
      const convolution = { kind: "conv2d", channels: 2, size: 2, activation: "relu" } as const;
      const pool = { kind: "max-pool2d", size: 2 } as const;
      const images = { inputShape: [9, 9, 1], layers: [convolution, pool, convolution, pool, ...layers] };
      const attention = { kind: "attention", heads: 1 } as const;
      const residual = { kind: "residual" as const, layers: [{ kind: "layer-norm" as const }, attention] };
      const texts = {
        inputShape: [4],
        layers: [
          { kind: "embedding" as const, vocabulary: 3, width: 4 },
          residual,
          { kind: "dense" as const, outputs: 4, activation: "gelu" as const },
          { kind: "mean-tokens" as const },
          ...layers,
        ],
      };
      const encoded = {
        inputShape: [4],
        layers: [
          { kind: "embedding" as const, vocabulary: 3, width: 4, frozen: true as const },
          { kind: "positions" as const, frozen: true as const },
          { kind: "mean-tokens" as const },
          ...layers,
        ],
      };
      for (const architecture of [perceptron(5, [4, 3], "tanh"), images, texts, encoded]) {
        const programs = new Programs(device!, layoutOf(architecture));
        for (const purpose of ["counts", "clipped", "plain"] as const) await programs.compile(purpose);
        for (const kind of ["sgd", "adam"] as const) {
          await programs.descent("plain", { kind, momentum: 0.5, proximal: 1 });
          await programs.descent("clipped", { kind, momentum: 0, proximal: 0 });
          for (const purpose of ["clipped", "plain"] as const)
            await programs.compile(purpose, { kind, momentum: 0.5, proximal: 1 });
        }
      }
      await hasQuads(device!);
    } finally {
      device!.createShaderModule = create;
    }
    expect([...new Set(compiled)].sort()).toEqual(files.filter((file) => !/snippets|bench/.test(file)).sort());
  });

  it("names errors by file and line, in the file and in its snippets", async () => {
    const broken = "//! use chunk\n@compute @workgroup_size(1) fn broken() {\n  let x = 1u; y;\n}\n";
    await expect(compile(device!, "x/broken.wgsl", broken, {})).rejects.toThrow("x/broken.wgsl:3:16 error");
    const clash = "//! use chunk\nstruct Chunk { rows: u32 }\n@compute @workgroup_size(1) fn clash() {}\n";
    await expect(compile(device!, "x/clash.wgsl", clash, {})).rejects.toThrow("snippets/chunk.wgsl:2:1 error");
    await expect(compile(device!, "x/no.wgsl", "//! use nothing\n", {})).rejects.toThrow("no snippet named nothing");
  });

  it("refuses a twin whose bindings are not those of the file", async () => {
    const source = "@group(0) @binding(0) var<uniform> a: u32;\n@compute @workgroup_size(1) fn twin() { _ = a; }\n";
    await expect(compile(device!, "x/twin.wgsl", source, { a: "read" })).rejects.toThrow("x/twin.wgsl");
    await expect(compile(device!, "x/twin.wgsl", source, { a: "uniform" })).resolves.toBeDefined();
  });
});
