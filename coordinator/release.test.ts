import { expect, test } from "vitest";
import { release } from "./release.ts";

test("memory of two gigabytes that pass through is given back as it goes", () => {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let i = 0; i < 2 ** 13; i++) {
    release(new Uint8Array(2 ** 18));
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(2 ** 20);
});

test("a part of a larger buffer is left alone", () => {
  const whole = new Uint8Array(8).fill(7);
  release(whole.subarray(2));
  release(Buffer.from("from the pool"));
  expect(whole.every((x) => x === 7)).toBe(true);
});
