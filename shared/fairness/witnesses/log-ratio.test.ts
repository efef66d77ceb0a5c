import { expect, it } from "vitest";
import { sidesFrom } from "../testing/histograms.ts";
import { sigmoid } from "../witness.ts";
import { logRatio } from "./log-ratio.ts";

it("taken as a loss by itself has no lower bound and makes the gap it should close; held as a gap it rests at 0", () => {
  // One positive of each group, level at first; plain gradient descent on ln σ(z_a) − ln σ(z_b).
  let [a, b] = [0, 0];
  const gaps = Array.from({ length: 200 }, () => {
    [a, b] = [a - sigmoid(-a), b + sigmoid(-b)];
    return Math.log(sigmoid(a)) - Math.log(sigmoid(b));
  });
  expect(gaps[0]!).toBeLessThan(-0.4);
  expect(gaps.at(-1)!).toBeLessThan(-100);
  const sides = sidesFrom([{ label: 1, bin: 9 }], [{ label: 1, bin: 9 }]);
  expect(logRatio.parts[0]!.gap(sides, 0, sides)).toBe(0);
});
