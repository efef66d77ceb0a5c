/** 8.30: designs that somebody has published or shipped, each of which the audits flag; and the real one, which they do not. */
import { expect, test } from "vitest";
import { addMasks, selfKey } from "../../secure-sum/masks.ts";
import { RandomSource } from "../random.ts";
import { chiSquaredP } from "../testing/chi-squared.ts";
import { seededRandom, seededWords } from "../testing/seeded.ts";
import { noiseCounts, realNoise, repeatedMasks } from "./weaknesses.ts";

const hash = (fill: number) => new Uint8Array(32).fill(fill);

async function stream(seed: Uint8Array<ArrayBuffer>, roster: number): Promise<Uint32Array> {
  const words = new Uint32Array(4);
  await addMasks(words, [await selfKey({ announcementHash: hash(1), rosterHash: hash(roster) }, seed, 0)], 1, 32);
  return words;
}

test("8.30 masks from a seed of 32 bits, as in Flower, come again: 2^18 of them (missed once in 3,000)", async () => {
  const random = seededRandom(30);
  const mask = async () => {
    const next = seededWords(random.u32());
    return Uint32Array.from({ length: 4 }, next);
  };
  expect(await repeatedMasks(mask, 2 ** 18)).toBeGreaterThan(0);
});

test("8.30 a fixed key and counter gives the same mask in the next round", async () => {
  expect(await repeatedMasks(() => stream(hash(9), 3), 2)).toBe(1);
});

test("8.30 the real masks do not come again, from round to round nor from seed to seed", async () => {
  const random = new RandomSource();
  expect(await repeatedMasks((round) => stream(hash(9), round), 200)).toBe(0);
  expect(await repeatedMasks(() => stream(random.bytes(32), 3), 2000)).toBe(0);
});

/** χ² over 9 values, 100,000 draws: the real one fails once in 10^4 seeds. */
test("8.30 a rounded float Gaussian is no discrete Gaussian, and the real sampler is one", () => {
  const random = seededRandom(31);
  const float = () => {
    const u = (random.u32() + 0.5) / 2 ** 32;
    return Math.round(Math.sqrt(-2 * Math.log(u)) * Math.cos((2 * Math.PI * random.u32()) / 2 ** 32));
  };
  const wrong = noiseCounts(float, 1, 100_000);
  expect(chiSquaredP(wrong.counts, wrong.expected)).toBeLessThan(1e-12);
  const right = noiseCounts(realNoise(1, random), 1, 100_000);
  expect(chiSquaredP(right.counts, right.expected)).toBeGreaterThan(1e-4);
});

test("8.26 noise of two tabs, two rounds or after a restart shares no stretch: 128-bit fingerprints of 4,000 draws", async () => {
  const tab = () => realNoise(1_000_000_000, new RandomSource());
  const first = tab();
  // Seven hundred rounds of one tab, then three hundred tabs in their first.
  const vectors = async (round: number) => Uint32Array.from({ length: 4 }, round < 700 ? first : tab());
  expect(await repeatedMasks(vectors, 1000)).toBe(0);
});
