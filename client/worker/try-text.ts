/** The model on a text that somebody writes, and which of its words weigh; loaded when somebody asks. */
import { outcomesOf } from "../../shared/data/rows.ts";
import { InputError } from "../../shared/errors.ts";
import { limeText } from "../../shared/explain/lime-text.ts";
import { type ModelFile, readModelFile } from "../../shared/model-file.ts";
import { outcomeProbabilities } from "../../shared/predict.ts";
import type { Answerer } from "./answerer.ts";
import type { Tried } from "./snapshot.ts";

/** Neighbours of the text: each is read by the encoder, so they are fewer than on a processor that has seconds. */
const samples = 100;
const shownOutcomes = 5;
const shownWords = 8;

export async function tryText(file: ModelFile, answerer: Answerer, text: string): Promise<Tried> {
  const { parameters } = await readModelFile(file);
  const names = outcomesOf(file.label);
  const probabilities = async (texts: string[]) => {
    const logits = await answerer.scoreTexts(parameters, texts);
    const classes = logits.length / texts.length;
    return texts.map((_, i) => outcomeProbabilities(logits.subarray(i * classes, (i + 1) * classes)));
  };
  const [own] = await probabilities([text]);
  const outcomes = names
    .map((name, i) => ({ name, probability: own![i]!, index: i }))
    .sort((a, b) => b.probability - a.probability);
  const likeliest = outcomes[0]!.index;
  const words = await wordsOf(text, async (texts) => (await probabilities(texts)).map((p) => p[likeliest]!));
  return { outcomes: outcomes.slice(0, shownOutcomes).map(({ name, probability }) => ({ name, probability })), words };
}

async function wordsOf(text: string, score: (texts: string[]) => Promise<number[]>): Promise<Tried["words"]> {
  try {
    const { words, coefficients } = await limeText(text, score, { seed: 1, samples, features: shownWords });
    return words.map((word, i) => ({ word, weight: coefficients[i]! }));
  } catch (error) {
    // A text without a word has none that weighs.
    if (error instanceof InputError) return [];
    throw error;
  }
}
