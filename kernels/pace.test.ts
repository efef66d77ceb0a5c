import { expect, it } from "vitest";
import { Pace } from "./pace.ts";

it("takes as many chunks at once as fit half of what a page may hold up the screen", () => {
  const pace = new Pace();
  pace.note(100, 1000);
  expect(pace.chunks).toBe(2);
  pace.note(100, 100);
  expect(pace.chunks).toBe(4);
  for (let i = 0; i < 9; i++) pace.note(1000, 100);
  expect(pace.chunks).toBe(250);
});

it("never stops, whatever a call took", () => {
  const pace = new Pace();
  pace.note(1, 60_000);
  expect(pace.chunks).toBe(1);
  pace.note(0, 5);
  expect(pace.chunks).toBe(1);
  for (let i = 0; i < 20; i++) pace.note(1, 0);
  expect(pace.chunks).toBe(256);
});
