import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import type { Architecture } from "../shared/model.ts";
import { Engine } from "./engine.ts";
import { dawnDevice } from "./testing/dawn.ts";
import { madeUpParameters, randomSource, range } from "./testing/rows.ts";

const device = await dawnDevice();
afterAll(() => device?.destroy());

const width = 8;

/** Everything that lies in lines, so that each way back passes the others. */
const modelOf = (room: number): Architecture => ({
  inputShape: [room, width],
  layers: [
    { kind: "residual", layers: [{ kind: "layer-norm" }, { kind: "attention", heads: 2 }] },
    { kind: "residual", layers: [{ kind: "dense", outputs: width, activation: "gelu" }] },
    { kind: "dense", outputs: width, activation: "relu" },
    { kind: "layer-norm" },
    { kind: "mean-tokens" },
    { kind: "dense", outputs: 1, activation: "none" },
  ],
});
const noTables = { cells: 0, attributes: 0 };
const witness = { slope: [], weight: [] };

/** Rows of so many tokens each, their vectors one behind the other. */
function rowsOf(counts: readonly number[]) {
  const random = randomSource(5);
  return {
    count: counts.length,
    features: Float32Array.from({ length: width * counts.reduce((a, b) => a + b, 0) }, () => 2 * random() - 1),
    tokens: Uint32Array.from(counts),
    labels: Uint8Array.from(counts, (_, i) => i % 2),
    cells: new Uint8Array(0),
  };
}

const engineOf = (room: number, chunkLimit?: number): Promise<Engine> =>
  Engine.create(device!, modelOf(room), noTables, { counted: true, chunkLimit });

async function answer(engine: Engine, counts: readonly number[], room: number, batch = range(counts.length)) {
  engine.load(rowsOf(counts));
  const parameters = madeUpParameters(modelOf(room), randomSource(7));
  const { gradient } = await engine.privateSum(parameters, batch, witness, { norm: 1, unit: 2 ** 12 });
  const scores = await engine.scores(parameters, batch);
  const options = { learningRate: 0.1 };
  const trained = await engine.localTraining(parameters, [batch, batch.slice().reverse()], witness, options);
  return { gradient: Array.from(gradient), scores: Array.from(scores), trained: Array.from(trained) };
}

describe.skipIf(device === undefined)("tokens in packed lines", () => {
  const counts = [16, 0, 3, 33, 48, 1];

  it("the room for them changes no bit", async () => {
    const [tight, wide] = await Promise.all([engineOf(48), engineOf(115)]);
    const found = await answer(tight, counts, 48);
    expect((await answer(wide, counts, 115)).gradient).toEqual(found.gradient);
    expect((await answer(wide, counts, 115)).scores).toEqual(found.scores);
    expect(found.gradient.some((x) => x !== 0)).toBe(true);
    tight.dispose();
    wide.dispose();
  });

  it("nor do the rows beside them, nor what earlier calls left behind (fast-check, seed 17)", async () => {
    const [engine, small] = await Promise.all([engineOf(24), engineOf(24, 2)]);
    const lengths = fc.array(fc.integer({ min: 0, max: 24 }), { minLength: 1, maxLength: 9 });
    await fc.assert(
      fc.asyncProperty(lengths, async (own) => {
        const together = await answer(engine, own, 24);
        expect((await answer(small, own, 24)).gradient).toEqual(together.gradient);
        const total = new Array<number>(together.gradient.length).fill(0);
        for (const [row, score] of together.scores.entries()) {
          const alone = await answer(engine, own, 24, Uint32Array.of(row));
          expect(alone.scores[0]).toBe(score);
          alone.gradient.forEach((x, i) => {
            total[i]! += x;
          });
        }
        expect(total).toEqual(together.gradient);
        expect(together.trained.every(Number.isFinite)).toBe(true);
      }),
      { seed: 17, numRuns: 12 },
    );
    engine.dispose();
    small.dispose();
  });

  it("a call that overflowed leaves nothing to the next", async () => {
    const engine = await engineOf(24);
    const before = await answer(
      engine,
      counts.map((count) => count >> 1),
      24,
    );
    const loud = rowsOf([24, 24, 24, 24, 24, 24, 24]);
    engine.load({ ...loud, features: loud.features.map((x) => x * 3e38) });
    const parameters = madeUpParameters(modelOf(24), randomSource(7));
    await expect(engine.privateSum(parameters, range(7), witness, { norm: 1, unit: 2 ** 12 })).rejects.toThrow(
      "finite",
    );
    expect(
      await answer(
        engine,
        counts.map((count) => count >> 1),
        24,
      ),
    ).toEqual(before);
    engine.dispose();
  });

  it("as many vectors as the counts say are asked for", async () => {
    const engine = await engineOf(24);
    const rows = rowsOf([3, 4]);
    expect(() => engine.load({ ...rows, features: rows.features.subarray(1) })).toThrow(
      "rows.features: has 55 entries",
    );
    expect(() => engine.load({ ...rows, tokens: Uint32Array.of(3, 25) })).toThrow("rows.tokens: is 25 in row 1");
    const { tokens: _, ...uncounted } = rows;
    expect(() => engine.load(uncounted)).toThrow("rows.tokens: has 0 entries");
    engine.dispose();
  });
});
