/** Repeatable random bits for tests: xoshiro128** (Blackman & Vigna 2021) behind the door that the real generator uses. */
import { RandomSource } from "../random.ts";

/** @param seed any integer; equal seeds give equal words */
export function seededRandom(seed: number): RandomSource {
  const next = seededWords(seed);
  return new RandomSource((words) => {
    for (let i = 0; i < words.length; i++) words[i] = next();
  });
}

/** Uniform words below 2^32. */
export function seededWords(seed: number): () => number {
  // The state is filled by splitmix32, so that near seeds give unlike streams.
  let z = seed | 0;
  const fill = () => {
    z = (z + 0x9e3779b9) | 0;
    let x = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return x ^ (x >>> 15);
  };
  let [a, b, c, d] = [fill(), fill(), fill(), fill()];
  const rotate = (x: number, k: number) => (x << k) | (x >>> (32 - k));
  return () => {
    const word = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotate(d, 11);
    return word;
  };
}
