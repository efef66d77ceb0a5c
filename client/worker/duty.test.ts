import { expect, test, vi } from "vitest";
import { Duty } from "./duty.ts";

test("at a quarter, three times as long is rested as was worked, and never beyond what a round waits", async () => {
  vi.useFakeTimers();
  const duty = new Duty();
  const work = (ms: number) => duty.during(() => new Promise<void>((resolve) => setTimeout(resolve, ms)));
  const took = async (ms: number) => {
    const began = performance.now();
    const done = work(ms).then(() => performance.now() - began);
    await vi.runAllTimersAsync();
    return done;
  };
  expect(await took(400)).toBeCloseTo(400, -1);
  duty.share = 0.25;
  expect(await took(400)).toBeCloseTo(1600, -1);
  expect(await took(10_000)).toBeCloseTo(30_000, -1);
  vi.useRealTimers();
});
