/** The model on a text that somebody writes, and which of its words weigh; loaded when somebody asks. */
import { outcomesOf, wordsOf } from "../../shared/data/rows.ts";
import { InputError } from "../../shared/errors.ts";
import { limeText } from "../../shared/explain/lime-text.ts";
import { type ModelFile, readModelFile } from "../../shared/model-file.ts";
import { outcomeProbabilities } from "../../shared/predict.ts";
import { entitiesOf, likeliestTags } from "../../shared/text/tags.ts";
import type { Answerer } from "./answerer.ts";
import type { Tried } from "./snapshot.ts";

type Explained = Extract<Tried, { outcomes: unknown }>;

/** Neighbours of the text: each is read by the encoder, so they are fewer than on a processor that has seconds. */
const samples = 100;
const shownOutcomes = 5;
const shownWords = 8;

export async function tryText(file: ModelFile, answerer: Answerer, text: string): Promise<Tried> {
  const { parameters } = await readModelFile(file);
  const names = outcomesOf(file.label);
  if ("entities" in file.label) return marked(names, text, await answerer.scoreTexts(parameters, [text]));
  const probabilities = async (texts: string[]) => {
    const { logits } = await answerer.scoreTexts(parameters, texts);
    const classes = logits.length / texts.length;
    return texts.map((_, i) => outcomeProbabilities(logits.subarray(i * classes, (i + 1) * classes)));
  };
  const [own] = await probabilities([text]);
  const outcomes = names
    .map((name, i) => ({ name, probability: own![i]!, index: i }))
    .sort((a, b) => b.probability - a.probability);
  const likeliest = outcomes[0]!.index;
  const words = await weighty(text, async (texts) => (await probabilities(texts)).map((p) => p[likeliest]!));
  return { outcomes: outcomes.slice(0, shownOutcomes).map(({ name, probability }) => ({ name, probability })), words };
}

/** The text with its names in parts of their own. */
function marked(
  names: readonly string[],
  text: string,
  { logits, starts }: Awaited<ReturnType<Answerer["scoreTexts"]>>,
): Tried {
  const words = wordsOf(text);
  const [tags] = likeliestTags(names, logits, starts!, [words.length]);
  const parts: Extract<Tried, { parts: unknown }>["parts"] = [];
  let next = 0;
  const upTo = (end: number, type?: string) => {
    if (end > next) parts.push({ text: words.slice(next, end).join(" "), ...(type && { type }) });
    next = end;
  };
  for (const { type, from, to } of entitiesOf(tags!)) {
    upTo(from);
    upTo(to, type);
  }
  upTo(words.length);
  return { parts };
}

async function weighty(text: string, score: (texts: string[]) => Promise<number[]>): Promise<Explained["words"]> {
  try {
    const { words, coefficients } = await limeText(text, score, { seed: 1, samples, features: shownWords });
    return words.map((word, i) => ({ word, weight: coefficients[i]! }));
  } catch (error) {
    // A text without a word has none that weighs.
    if (error instanceof InputError) return [];
    throw error;
  }
}
