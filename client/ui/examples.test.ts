import { signal } from "@preact/signals";
import { expect, test } from "vitest";
import { examplesInto } from "./examples.ts";

const all = [
  { name: "adult", yaml: "a" },
  { name: "bank", yaml: "b" },
];
const settled = () => new Promise((resolve) => setTimeout(resolve));

test("they are fetched once, and the bank's is written where nothing is", async () => {
  const text = signal("");
  let fetched = 0;
  const examples = examplesInto(text, async () => {
    fetched++;
    return all;
  });
  examples.load();
  examples.load();
  expect([examples.known.value, text.value]).toEqual([undefined, ""]);
  await settled();
  expect([examples.known.value, text.value, fetched]).toEqual([all, "b", 1]);
});

test("what is there already stays, and where none can be had the page goes on without", async () => {
  const text = signal("own");
  examplesInto(text, async () => all).load();
  const lost = examplesInto(text, () => Promise.reject(new Error("offline")));
  lost.load();
  await settled();
  expect([text.value, lost.known.value]).toEqual(["own", []]);
});
