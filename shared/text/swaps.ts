/**
 * Whether a model of texts minds who is written about: the same text with names and terms of one group put in the place of the
 * other's, and what that does to the answer (counterfactual token fairness, Garg et al. 2019, section 4).
 */
import { InputError } from "../errors.ts";
import { indexText } from "../explain/lime-text.ts";

/** Terms of two groups that stand for each other, one word each, as «he» and «she». */
export type Pair = readonly [string, string];

export interface Swapped {
  /** Number of the text it is made of */
  from: number;
  text: string;
  /** Which group's terms were in the text: those of the second stand there now if it was the first */
  had: "first" | "second" | "both";
}

/** A word in the manner of another: SHE for HE, She for He. */
function inTheManner(word: string, of: string): string {
  if (of.length > 1 && of === of.toUpperCase() && of !== of.toLowerCase()) return word.toUpperCase();
  const [first = ""] = of;
  return first !== first.toLowerCase() ? `${word[0]!.toUpperCase()}${word.slice(1)}` : word;
}

/** @throws InputError for a pair that is no two single words, or a term that two pairs have */
export function checkPairs(pairs: readonly Pair[]): void {
  if (pairs.length === 0) throw new InputError("terms", "are none", "Write a pair of words a line, as «he,she».");
  const seen = new Set<string>();
  for (const term of pairs.flat()) {
    if (!/^[\p{L}\p{N}_]+$/u.test(term))
      throw new InputError(
        "terms",
        `has «${term}», which is no single word`,
        "Write a pair of words a line, as «he,she».",
      );
    if (seen.has(term.toLowerCase()))
      throw new InputError("terms", `has «${term}» twice`, "Each word stands for one other; leave one of them out.");
    seen.add(term.toLowerCase());
  }
}

/** Of each text that has one of the terms, the text with all of them swapped. */
export function swapTerms(texts: readonly string[], pairs: readonly Pair[]): Swapped[] {
  const other = new Map<string, { term: string; group: "first" | "second" }>();
  for (const [a, b] of pairs) {
    other.set(a.toLowerCase(), { term: b, group: "first" });
    other.set(b.toLowerCase(), { term: a, group: "second" });
  }
  return texts.flatMap((text, from) => {
    const groups = new Set<"first" | "second">();
    const pieces = indexText(text).pieces.map((piece, place) => {
      const found = place % 2 === 0 ? other.get(piece.toLowerCase()) : undefined;
      if (!found) return piece;
      groups.add(found.group);
      return inTheManner(found.term, piece);
    });
    if (groups.size === 0) return [];
    const had = groups.size === 2 ? "both" : groups.has("first") ? "first" : "second";
    return [{ from, text: pieces.join(""), had }];
  });
}

/** What a swap did to one text's answer. */
export interface Effect {
  had: Swapped["had"];
  /** Probability of what the text was taken for, of the text and of the swapped one; of names none */
  before?: number;
  after?: number;
  /** Whether the text is taken for something else */
  changed: boolean;
}

export interface SwapReport {
  /** Texts that have one of the terms */
  texts: number;
  /** Share of them that are taken for something else once swapped */
  changed: number;
  /** Mean of |after − before|, the counterfactual token fairness gap; null of names */
  meanShift: number | null;
  largestShift: number | null;
}

export function swapReport(effects: readonly Effect[]): SwapReport {
  const shifts = effects.flatMap(({ before, after }) =>
    before === undefined || after === undefined ? [] : [Math.abs(after - before)],
  );
  const texts = effects.length;
  return {
    texts,
    changed: texts > 0 ? effects.filter(({ changed }) => changed).length / texts : 0,
    meanShift: shifts.length > 0 ? shifts.reduce((a, b) => a + b) / shifts.length : null,
    largestShift: shifts.length > 0 ? Math.max(...shifts) : null,
  };
}
