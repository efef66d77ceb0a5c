import { expect, it } from "vitest";
import { expand, type Scope } from "./template.ts";

const scope: Scope = { counts: { row: 2, column: 3 }, flags: { quads: true, relu: false } };
const snippets = { shared: "fn shared() {}", sum: "z += {a}[{row}];", nested: "//! insert sum a=deep" };
const text = (source: string) => expand("a.wgsl", source, snippets, scope).map((line) => line.text);

it("repeats a line for every value of its names", () => {
  expect(text("z_{row}_{column}")).toEqual(["z_0_0", "z_0_1", "z_0_2", "z_1_0", "z_1_1", "z_1_2"]);
});

it("repeats a block, in which its name is bound", () => {
  expect(text("//! each column\na_{column}\nb_{column}_{row}\n//! end\nc")).toEqual([
    ...["a_0", "b_0_0", "b_0_1", "a_1", "b_1_0", "b_1_1", "a_2", "b_2_0", "b_2_1"],
    "c",
  ]);
});

it("chooses by flags, also inside of blocks", () => {
  expect(text("//! if quads\nyes\n//! else\nno\n//! end")).toEqual(["yes"]);
  expect(text("//! each row\n//! if relu\nyes {row}\n//! else\nno {row}\n//! end\n//! end")).toEqual(["no 0", "no 1"]);
  expect(text("//! if relu\n{unknown}\n//! end")).toEqual([]);
});

it("inserts snippets in place, and joins used ones behind, each once", () => {
  expect(text("//! use shared\n//! each row\n//! insert sum a=x\n//! end\n//! use shared\nlast")).toEqual([
    "z += x[0];",
    "z += x[1];",
    "last",
    "fn shared() {}",
  ]);
  expect(text("//! insert nested")).toEqual(["z += deep[0];", "z += deep[1];"]);
});

it("keeps every line's own place", () => {
  const [, , behind] = expand("a.wgsl", "//! use shared\none\ntwo", snippets, scope);
  expect(behind).toEqual({ text: "fn shared() {}", file: "snippets/shared.wgsl", number: 1 });
});

it("names the line of what it cannot carry out", () => {
  expect(() => text("one\n//! use nothing")).toThrow("a.wgsl:2: no snippet named nothing");
  expect(() => text("//! each depth\n//! end")).toThrow("a.wgsl:1: nothing says how often {depth} repeats");
  expect(() => text("\n{depth}")).toThrow("a.wgsl:2: nothing says how often {depth} repeats");
  expect(() => text("//! if gelu\n//! end")).toThrow("a.wgsl:1: no flag named gelu");
  expect(() => text("//! each row\nx")).toThrow("a.wgsl:1: the block has no //! end");
  expect(() => text("//! repeat row")).toThrow("a.wgsl:1: no directive named repeat");
});
