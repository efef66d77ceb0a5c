import { describe, expect, it } from "vitest";
import { checkPairs, type Pair, swapReport, swapTerms } from "./swaps.ts";

const pairs: Pair[] = [
  ["he", "she"],
  ["Emily", "Lakisha"],
];

describe("texts with terms swapped", () => {
  it("are those that have one, whole words in the manner they stood there", () => {
    const texts = ["He said HE would; the others?", "Emily knows.", "She and he.", "Nobody there", "there, the e-mail"];
    expect(swapTerms(texts, pairs)).toEqual([
      { from: 0, text: "She said SHE would; the others?", had: "first" },
      { from: 1, text: "Lakisha knows.", had: "first" },
      { from: 2, text: "He and she.", had: "both" },
    ]);
  });

  it("come back when swapped again", () => {
    const text = "Was it Lakisha, or did she – as he says – not?";
    const [once] = swapTerms([text], pairs);
    expect(once!.text).not.toBe(text);
    expect(swapTerms([once!.text], pairs)[0]!.text).toBe(text);
  });

  it.each([
    [[], "are none"],
    [[["he", "she or they"]], "no single word"],
    [
      [
        ["he", "she"],
        ["HE", "they"],
      ],
      "twice",
    ],
  ] as [Pair[], string][])("%j are refused", (wrong, problem) => {
    expect(() => checkPairs(wrong)).toThrow(problem);
  });
});

it("the report counts what changed, and how far probabilities moved", () => {
  const effects = [
    { had: "first", before: 0.9, after: 0.7, changed: false },
    { had: "second", before: 0.6, after: 0.2, changed: true },
  ] as const;
  const { texts, changed, meanShift, largestShift } = swapReport(effects);
  expect([texts, changed]).toEqual([2, 0.5]);
  expect(meanShift).toBeCloseTo(0.3, 12);
  expect(largestShift).toBeCloseTo(0.4, 12);
  expect(swapReport([])).toEqual({ texts: 0, changed: 0, meanShift: null, largestShift: null });
  expect(swapReport([{ had: "both", changed: true }])).toMatchObject({ texts: 1, changed: 1, meanShift: null });
});
