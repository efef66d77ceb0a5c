/** LIME for texts: neighbours are the text with some of its words left out (every place of a word at once). */
import { InputError } from "../errors.ts";
import { fitLime, kernelWeights, type LimeFit } from "./lime.ts";
import { Seeded } from "./seeded.ts";

/** `lime.lime_text`: the width of its kernel, in hundredths of cosine distance. */
const kernelWidth = 25;

export interface IndexedText {
  /** Distinct words in the order they first stand in the text */
  words: string[];
  /** By word: its places among the pieces */
  positions: number[][];
  /** Words and what stands between them; joined they are the text */
  pieces: string[];
}

/** Words are runs of letters, digits and _ in any script. */
export function indexText(text: string): IndexedText {
  const pieces = text.split(/([^\p{L}\p{N}_]+)/u);
  const words: string[] = [];
  const positions: number[][] = [];
  pieces.forEach((piece, place) => {
    if (place % 2 === 1 || piece === "") return;
    const known = words.indexOf(piece);
    if (known >= 0) positions[known]!.push(place);
    else {
      words.push(piece);
      positions.push([place]);
    }
  });
  return { words, positions, pieces };
}

/** The text without the words whose flag is false. */
export function withoutWords({ positions, pieces }: IndexedText, kept: readonly boolean[]): string {
  const gone = new Set(positions.flatMap((places, word) => (kept[word] ? [] : places)));
  return pieces.map((piece, place) => (gone.has(place) ? "" : piece)).join("");
}

/** @param score probability of the explained outcome, by text */
export async function limeText(
  text: string,
  score: (texts: string[]) => ArrayLike<number> | Promise<ArrayLike<number>>,
  { seed, samples = 5000, features = 10 }: { seed: number; samples?: number; features?: number },
): Promise<LimeFit & { words: string[] }> {
  const indexed = indexText(text);
  const count = indexed.words.length;
  if (count === 0) throw new InputError("text", "has no word", "Explain a text of at least one word.");
  const random = new Seeded(seed);
  const kept = [Array<boolean>(count).fill(true)];
  while (kept.length < samples) {
    const flags = Array<boolean>(count).fill(true);
    for (const word of random.permutation(count).slice(0, 1 + random.below(count))) flags[word] = false;
    kept.push(flags);
  }
  const scores = await score(kept.map((flags) => withoutWords(indexed, flags)));
  // Cosine distance from all ones: 1 − √(share of words kept).
  const distances = kept.map((flags) => 100 * (1 - Math.sqrt(flags.filter(Boolean).length / count)));
  const fit = fitLime(
    kept.map((flags) => flags.map(Number)),
    Array.from(scores),
    kernelWeights(distances, kernelWidth),
    features,
  );
  return { ...fit, words: fit.chosen.map((word) => indexed.words[word]!) };
}
