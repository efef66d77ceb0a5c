/** The model on one of the tab's own images, and where in it the model looks; loaded when somebody asks. */
import { imageOf, pixelInputs } from "../../shared/data/images.ts";
import { outcomesOf } from "../../shared/data/rows.ts";
import { invariant } from "../../shared/errors.ts";
import { occlusion } from "../../shared/explain/occlusion.ts";
import { type ModelFile, readModelFile } from "../../shared/model-file.ts";
import { outcomeProbabilities } from "../../shared/predict.ts";
import type { Answerer } from "./answerer.ts";
import type { Seen } from "./snapshot.ts";

const shownOutcomes = 5;

/** @param cell as it stands in a table: see shared/data/images.ts */
export async function tryImage(file: ModelFile, answerer: Answerer, cell: string): Promise<Seen> {
  const { parameters } = await readModelFile(file);
  const bytes = file.images && imageOf(cell, file.images);
  invariant(file.images && bytes, "the model reads such images");
  const names = outcomesOf(file.label);
  const probabilities = async (images: Float32Array) => {
    const count = images.length / bytes.length;
    const logits = await answerer.score(parameters, Float64Array.from(images));
    const each = logits.length / count;
    return Array.from({ length: count }, (_, i) => outcomeProbabilities(logits.subarray(i * each, (i + 1) * each)));
  };
  const pixels = pixelInputs(bytes);
  const [own] = await probabilities(pixels);
  const outcomes = names
    .map((name, i) => ({ name, probability: own![i]!, index: i }))
    .sort((a, b) => b.probability - a.probability);
  const likeliest = outcomes[0]!.index;
  const weights = await occlusion(pixels, file.images, async (images) =>
    (await probabilities(images)).map((p) => p[likeliest]!),
  );
  return {
    outcomes: outcomes.slice(0, shownOutcomes).map(({ name, probability }) => ({ name, probability })),
    weights,
  };
}
