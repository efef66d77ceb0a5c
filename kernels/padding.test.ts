import { afterAll, describe, expect, it } from "vitest";
import type { Architecture } from "../shared/model.ts";
import { Engine } from "./engine.ts";
import { dawnDevice } from "./testing/dawn.ts";
import { madeUpParameters, randomSource, range } from "./testing/rows.ts";

const device = await dawnDevice();
afterAll(() => device?.destroy());

const width = 8;

/** Tokens' vectors with another dense layer behind one, so that the way back passes it too. */
const modelOf = (room: number): Architecture => ({
  inputShape: [room, width],
  layers: [
    { kind: "dense", outputs: 8, activation: "none" },
    { kind: "dense", outputs: width, activation: "relu" },
    { kind: "dense", outputs: width, activation: "none" },
    { kind: "mean-tokens" },
    { kind: "dense", outputs: 1, activation: "none" },
  ],
});
const noTables = { cells: 0, attributes: 0 };
const witness = { slope: [], weight: [] };

/** What stands in the padding: so much that any product of it would overflow. */
const loud = 3e38;

async function answer(counts: number[], room: number, padding: number) {
  const random = randomSource(5);
  const features = new Float32Array(counts.length * room * width).fill(padding);
  counts.forEach((count, row) => {
    for (let i = 0; i < count * width; i++) features[row * room * width + i] = 2 * random() - 1;
  });
  const engine = await Engine.create(device!, modelOf(room), noTables, { padded: true });
  engine.load({
    count: counts.length,
    features,
    tokens: Uint32Array.from(counts),
    labels: Uint8Array.from([1, 0, 1, 0, 1]),
    cells: new Uint8Array(0),
  });
  const parameters = madeUpParameters(modelOf(room), randomSource(7));
  const batch = range(counts.length);
  const { gradient } = await engine.privateSum(parameters, batch, witness, { norm: 1, unit: 2 ** 12 });
  const scores = await engine.scores(parameters, batch);
  engine.dispose();
  return { gradient: Array.from(gradient), scores: Array.from(scores) };
}

describe.skipIf(device === undefined)("padding", () => {
  it("whole tiles of it are not computed, and the room for it changes no bit", async () => {
    const counts = [16, 0, 3, 33, 48];
    const tight = await answer(counts, 48, 0);
    const wide = await answer(counts, 112, 0);
    expect(wide).toEqual(tight);
    expect(tight.gradient.some((x) => x !== 0)).toBe(true);
  });

  it("may hold anything where a tile is nothing but padding", async () => {
    const wholeTiles = [16, 48, 32, 16, 48];
    expect(await answer(wholeTiles, 64, loud)).toEqual(await answer(wholeTiles, 64, 0));
  });
});
