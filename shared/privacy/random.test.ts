import { describe, expect, test } from "vitest";
import { checkEntropy, RandomSource } from "./random.ts";
import { seededRandom } from "./testing/seeded.ts";

/** Gives these words, again and again. */
const fixed = (...script: number[]) => {
  let i = 0;
  return new RandomSource((words) => {
    for (let k = 0; k < words.length; k++) words[k] = script[i++ % script.length]!;
  });
};

test("by default it draws from the platform's generator, in blocks that it allows", () => {
  const source = new RandomSource();
  expect(() => source.bytes(200_000)).not.toThrow();
  expect(source.bytes(16)).not.toEqual(new RandomSource().bytes(16));
});

test("each word is handed out once, in order", () => {
  let calls = 0;
  const source = new RandomSource((words) => {
    calls++;
    for (let k = 0; k < words.length; k++) words[k] = k;
  });
  const words = new Uint32Array(16_384);
  source.fill(words);
  expect(words.every((word, k) => word === k)).toBe(true);
  expect(calls).toBe(1);
  source.u32();
  expect(calls).toBe(2);
});

test("bytes has the asked length", () => {
  for (const length of [0, 1, 4, 7]) expect(seededRandom(1).bytes(length)).toHaveLength(length);
});

test("below refuses the words that would favour small numbers", () => {
  // 2^32 mod 3 = 1: the last word is drawn again.
  expect(fixed(0xffffffff, 5).below(3)).toBe(2);
  expect(fixed(0xfffffffe).below(3)).toBe(0xfffffffe % 3);
  expect(fixed(0xffffffff).below(2 ** 32)).toBe(0xffffffff);
  // 2^53 mod 5·2^40 > 0
  expect(fixed(0xffffffff, 0xffffffff, 0, 9).below(5 * 2 ** 40)).toBe(9);
  expect(fixed(0xffffffff, 0xffffffff).below(2 ** 53)).toBe(2 ** 53 - 1);
  expect(seededRandom(1).below(1)).toBe(0);
  for (const bound of [0, -1, 1.5, 2 ** 54, Number.NaN]) expect(() => seededRandom(1).below(bound)).toThrow(/bound/);
});

test("below is uniform: χ² of 7 values in 70,000 draws (99.99 % of seeds pass)", () => {
  for (const scale of [1, 2 ** 40]) {
    const random = seededRandom(24);
    const counts = new Uint32Array(7);
    for (let i = 0; i < 70_000; i++) {
      const value = Math.floor(random.below(7 * scale) / scale);
      counts[value] = counts[value]! + 1;
    }
    expect(counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)).toBeLessThan(27.86);
  }
});

describe("bernoulli compares p's own binary digits", () => {
  test.each([
    ["just below p is true", 0.5, [0x7fffffff], true],
    ["just above p is false", 0.5, [0x80000001], false],
    ["exactly p's digits go on, and a p that ends there is false", 0.5, [0x80000000, 0, 0, 0, 5], false],
    ["digits beyond the 32nd count: below", 2 ** -54, [0, 1023], true],
    ["digits beyond the 32nd count: above", 2 ** -54, [0, 1025], false],
    ["0 is never", 0, [0, 0, 0, 0, 0, 1], false],
    ["1 is always", 1, [0xffffffff], true],
  ] as const)("%s", (_, p, script, outcome) => {
    expect(fixed(...script).bernoulli(p)).toBe(outcome);
  });
  test("what is no probability is refused", () => {
    for (const p of [-0.1, 1.1, Number.NaN]) expect(() => seededRandom(1).bernoulli(p)).toThrow(/probability/);
  });
  test("the share of hits is p, within 4.5 standard deviations", () => {
    const random = seededRandom(25);
    let hits = 0;
    for (let i = 0; i < 100_000; i++) if (random.bernoulli(0.037)) hits++;
    expect(Math.abs(hits - 3_700)).toBeLessThan(4.5 * Math.sqrt(3_700 * 0.963));
  });
});

describe("the start-up test", () => {
  test("passes the platform's generator (wrong once in 10^11) and a good seeded one", () => {
    checkEntropy(new RandomSource());
    for (let seed = 0; seed < 20; seed++) checkEntropy(seededRandom(seed));
  });
  test.each([
    ["stuck at zero", fixed(0)],
    ["stuck at another word", fixed(0xdeadbeef)],
    [
      "that counts",
      new RandomSource((words) =>
        words.forEach((_, k) => {
          words[k] = k;
        }),
      ),
    ],
    ["that never refills", new RandomSource(() => {})],
    [
      "that forgets a bit",
      ((good) =>
        new RandomSource((words) =>
          words.forEach((_, k) => {
            words[k] = good.u32() & ~0x400;
          }),
        ))(seededRandom(3)),
    ],
    [
      "that comes round again after 1,000 words",
      ((good) => {
        const short = Array.from({ length: 1_000 }, () => good.u32());
        return fixed(...short);
      })(seededRandom(4)),
    ],
    [
      "that says one block twice",
      ((good) => {
        const long = Array.from({ length: 16_384 }, () => good.u32());
        return fixed(...long.slice(0, 16), ...long.slice(0, 16), ...long.slice(32));
      })(seededRandom(5)),
    ],
  ])("8.24 refuses a generator %s", (_, source) => {
    expect(() => checkEntropy(source)).toThrow(/broken/);
  });
});
