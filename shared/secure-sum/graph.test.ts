import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256, toHex } from "../canonical.ts";
import { drawGraph, graphSeed, nonceCommitment } from "./graph.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const bytesOf = (text: string): Promise<Bytes> => sha256(new TextEncoder().encode(text));

test("every member has as many neighbours as the degree says, and each is its neighbour's neighbour", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 3, max: 120 }), fc.nat(), fc.string(), async (size, wish, text) => {
      const degrees = [...Array.from({ length: Math.floor((size - 2) / 2) }, (_, i) => 2 * i + 2), size - 1];
      const degree = degrees[wish % degrees.length]!;
      const graph = await drawGraph(await bytesOf(text), size, degree);
      const all = Array.from({ length: size }, (_, member) => graph.neighbours(member));
      for (const [member, neighbours] of all.entries()) {
        expect(new Set(neighbours).size).toBe(degree);
        expect(neighbours).toEqual([...neighbours].sort((a, b) => a - b));
        expect(neighbours.every((other) => other !== member && all[other]!.includes(member))).toBe(true);
      }
    }),
    { seed: 5, numRuns: 60 },
  );
});

test("it is one ring: no part of it stands alone", async () => {
  const graph = await drawGraph(await bytesOf("ring"), 200, 2);
  let [before, here] = [0, graph.neighbours(0)[0]!];
  let steps = 1;
  for (; here !== 0; steps++) [before, here] = [here, graph.neighbours(here).find((next) => next !== before)!];
  expect(steps).toBe(200);
});

test("a graph is the same at both ends, another under another seed, and as it has always been", async () => {
  const seed = await bytesOf("fixed");
  const neighbours = (await drawGraph(seed, 1000, 6)).neighbours(17);
  expect((await drawGraph(seed.slice(), 1000, 6)).neighbours(17)).toEqual(neighbours);
  expect(neighbours).toEqual([206, 348, 642, 735, 776, 777]);
  expect((await drawGraph(await bytesOf("other"), 1000, 6)).neighbours(17)).not.toEqual(neighbours);
});

test("a corrupt set that was chosen before the seed meets any neighbourhood as chance has it", async () => {
  // 40 of 200 marked, 20 neighbours: mean 4; the variance of a neighbourhood is that of Hyp(199, 40, 20), 2.91.
  let sum = 0;
  const draws = 200;
  for (let i = 0; i < draws; i++) {
    const graph = await drawGraph(await bytesOf(`draw ${i}`), 200, 20);
    sum += graph.neighbours(199).filter((other) => other < 40).length;
  }
  // Fixed seeds; five deviations would be a false alarm once in 10^6.
  expect(Math.abs(sum / draws - (20 * 40) / 199)).toBeLessThan(5 * Math.sqrt(2.91 / draws));
});

test("absent members of a roster are missed as seldom as the threat model says", async () => {
  /** That a member of `size` has none of the `absent` among its `degree` neighbours. */
  const missed = (size: number, absent: number, degree: number) =>
    Array.from({ length: degree }, (_, i) => (size - 1 - absent - i) / (size - 1 - i)).reduce((a, b) => a * b);
  // docs/threat-model.md, «A roster of absent people»
  expect(Math.round(1 / missed(1000, 100, 120) / 1e5)).toBe(7);
  // The same of graphs, where it happens often enough to be counted.
  const draws = 400;
  let misses = 0;
  for (let i = 0; i < draws; i++) {
    const graph = await drawGraph(await bytesOf(`absent ${i}`), 100, 20);
    if (graph.neighbours(99).every((other) => other >= 10)) misses++;
  }
  const chance = missed(100, 10, 20);
  expect(Math.abs(misses / draws - chance)).toBeLessThan(5 * Math.sqrt((chance * (1 - chance)) / draws));
});

test("the seed moves with the roster, each nonce, whose it is, and who is missing", async () => {
  const roster = await bytesOf("roster");
  const nonces = new Map<number, Bytes>([
    [0, new Uint8Array(16).fill(1)],
    [2, new Uint8Array(16).fill(2)],
  ]);
  const seed = await graphSeed(roster, nonces);
  expect(await graphSeed(roster.slice(), new Map(nonces))).toEqual(seed);
  const others = [
    graphSeed(await bytesOf("another"), nonces),
    graphSeed(roster, new Map([...nonces].slice(1))),
    graphSeed(
      roster,
      new Map([
        [0, nonces.get(0)!],
        [1, nonces.get(2)!],
      ]),
    ),
    graphSeed(
      roster,
      new Map([
        [0, nonces.get(2)!],
        [2, nonces.get(0)!],
      ]),
    ),
  ];
  for (const other of await Promise.all(others)) expect(other).not.toEqual(seed);
});

test("a commitment binds the nonce, its owner's keys and the round", async () => {
  const [nonce, keysHash, round] = [new Uint8Array(16).fill(7), await bytesOf("keys"), await bytesOf("round")];
  const commitment = await nonceCommitment(nonce, keysHash, toHex(round));
  expect(await nonceCommitment(nonce.slice(), keysHash, toHex(round))).toEqual(commitment);
  for (let bit = 0; bit < 128; bit++) {
    const flip = (bytes: Bytes) => bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    expect(await nonceCommitment(flip(nonce), keysHash, toHex(round))).not.toEqual(commitment);
    expect(await nonceCommitment(nonce, flip(keysHash), toHex(round))).not.toEqual(commitment);
    expect(await nonceCommitment(nonce, keysHash, toHex(flip(round)))).not.toEqual(commitment);
  }
});
