import { Float16Array } from "@petamoriken/float16";
import { describe, expect, it } from "vitest";
import { type Architecture, frozenCount } from "../model.ts";
import { frozenOf, readEncoderFile } from "./encoder-file.ts";

/** The container by hand: length, header, numbers. */
function fileOf(header: object, numbers: ArrayBufferView): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + numbers.byteLength);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(new Uint8Array(numbers.buffer as ArrayBuffer, numbers.byteOffset, numbers.byteLength), 8 + json.length);
  return bytes;
}
const metadata = { tokenizer: "{}" };
const halves = new Float16Array([1.5, -0.25, 65504, 6e-8, 0.1, 2]);
const whole = {
  __metadata__: metadata,
  "a.weight": { dtype: "F16", shape: [2, 2], data_offsets: [0, 8] },
  "a.bias": { dtype: "F16", shape: [2], data_offsets: [8, 12] },
};
const dense: Architecture = {
  inputShape: [2],
  layers: [{ kind: "dense", outputs: 2, activation: "none", frozen: true }],
};

describe("an encoder's file", () => {
  it("gives its numbers as they are in float16, and lays them out as the layers do", () => {
    const file = readEncoderFile(fileOf(whole, halves));
    expect(Array.from(file.tensors.get("a.weight")!.data)).toEqual(Array.from(halves.slice(0, 4)));
    const flat = frozenOf(file, dense);
    expect(flat).toHaveLength(frozenCount(dense));
    expect(Array.from(flat)).toEqual(Array.from(halves));
  });

  it.each([
    ["that is cut", fileOf(whole, halves).subarray(0, 6), "ends within its header"],
    ["without its last tensor's bytes", fileOf(whole, halves).subarray(0, -4), "has 4 bytes"],
    ["without a tokenizer", fileOf({ ...whole, __metadata__: {} }, halves), "no tokenizer"],
    ["that is something else", new TextEncoder().encode("<!doctype html> nothing of the kind"), "header"],
  ])("one %s is refused", (_, bytes, problem) => {
    expect(() => readEncoderFile(bytes as Uint8Array<ArrayBuffer>)).toThrow(problem);
  });

  it("names the tensor that is missing or does not fit", () => {
    const { "a.bias": _, ...rest } = whole;
    expect(() => frozenOf(readEncoderFile(fileOf(rest, halves)), dense)).toThrow("encoder.a.bias: is missing");
    const wide: Architecture = { ...dense, inputShape: [3] };
    expect(() => frozenOf(readEncoderFile(fileOf(whole, halves)), wide)).toThrow("encoder.a.weight: has the shape");
  });
});
