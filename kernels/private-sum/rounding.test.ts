import { afterAll, describe, expect, it } from "vitest";
import type { Architecture } from "../../shared/model.ts";
import { Engine } from "../engine.ts";
import { dawnDevice } from "../testing/dawn.ts";
import { madeUpParameters, madeUpRows, madeUpTokens, perceptron, randomSource, range } from "../testing/rows.ts";
import { roundsByShift, shift } from "./rounding.ts";

const device = await dawnDevice();
/** One that is seen to round otherwise: what is tried there takes another number off than it has added. */
const other = await dawnDevice();
if (other) {
  const { queue } = other;
  const write = queue.writeBuffer.bind(queue);
  queue.writeBuffer = (buffer: GPUBuffer, offset: number, data: Float32Array<ArrayBuffer>) =>
    write(buffer, offset, buffer.label === "shift" && offset === 0 ? Float32Array.of(shift, shift - 1, 1) : data);
  await roundsByShift(other);
  queue.writeBuffer = write;
}
/** One that brings together what is taken off again, as WGSL lets it, and so makes sums that leave a whole number no bit. */
const reordering = await dawnDevice();
if (reordering) {
  const create = reordering.createShaderModule.bind(reordering);
  reordering.createShaderModule = ({ code, ...rest }) => {
    const shifted = [0, 1, 2, 3].map((k) => `abs(chunk.factor * addends[at + ${k}u] + chunk.up)`);
    const reordered = code.replace(/s = \(\(\(s \+[^;]*;/, `s = s + (${shifted.join(" + ")} - 4.0 * chunk.down);`);
    return create({ ...rest, code: reordered });
  };
}
afterAll(() => {
  reordering?.destroy();
  device?.destroy();
  other?.destroy();
});

const noTables = { cells: 0, attributes: 0 };
const witness = { slope: [], weight: [] };
/** So coarse that no product is a half by chance: of two whole numbers each way takes another. */
const clip = { norm: 1, unit: 2 ** 8 };

const wide = perceptron(131, [130], "tanh", 3);
const tokens: Architecture = {
  inputShape: [6],
  layers: [
    { kind: "embedding", vocabulary: 12, width: 8 },
    { kind: "layer-norm" },
    { kind: "dense", outputs: 8, activation: "none" },
    { kind: "mean-tokens" },
    { kind: "dense", outputs: 1, activation: "none" },
  ],
};

describe.skipIf(device === undefined)("rounding", () => {
  it("by shifts is told from what is not to the nearest", async () => {
    expect(await roundsByShift(device!)).toBe(true);
    expect(await roundsByShift(other!)).toBe(false);
  });

  it("by shifts is not trusted where sums are made in another order", async () => {
    expect(await roundsByShift(reordering!)).toBe(false);
  });

  it.each([
    ["a wide layer", wide],
    ["tokens", tokens],
  ])("is the same either way: %s", async (_, architecture) => {
    const random = randomSource(31);
    const count = 40;
    const made = architecture === wide ? madeUpRows(count, 131, random, 3) : madeUpTokens(count, 6, 12, random, 2);
    const rows = { ...made, cells: new Uint8Array(0) };
    const parameters = madeUpParameters(architecture, random);
    const sums = [];
    for (const own of [device!, other!]) {
      const engine = await Engine.create(own, architecture, noTables);
      engine.load(rows);
      sums.push((await engine.privateSum(parameters, range(count), witness, clip)).gradient);
      engine.dispose();
    }
    expect(sums[0]!.some((value) => value !== 0)).toBe(true);
    expect(sums[0]).toEqual(sums[1]);
  });
});
