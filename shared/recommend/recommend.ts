/** What a model recommends to somebody: of a catalogue's items those that were not chosen yet, best first. */
import type { Catalogue } from "./catalogue.ts";
import { likingOf, pairInputs } from "./pairs.ts";

/** Items whose inputs are in memory at once. */
const atOnce = 1024;

/**
 * @param chosen places in the catalogue
 * @param popularity [items], as the model's file has it
 * @param score logits of model inputs [rows, width]
 * @returns places, at most `count`
 */
export async function recommended(
  chosen: ReadonlySet<number>,
  catalogue: Catalogue,
  popularity: readonly number[],
  score: (inputs: Float32Array<ArrayBuffer>) => Promise<ArrayLike<number>> | ArrayLike<number>,
  count: number,
): Promise<number[]> {
  const liking = likingOf(chosen, catalogue);
  const { width } = catalogue;
  const others = Uint32Array.from(catalogue.ids.keys()).filter((place) => !chosen.has(place));
  const scores = new Map<number, number>();
  for (let first = 0; first < others.length; first += atOnce) {
    const candidates = others.subarray(first, first + atOnce);
    const likings = new Float32Array(candidates.length * width);
    for (let row = 0; row < candidates.length; row++) likings.set(liking, row * width);
    const told = await score(pairInputs({ candidates, likings }, catalogue, popularity));
    candidates.forEach((place, i) => {
      scores.set(place, told[i]!);
    });
  }
  return [...scores]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([place]) => place);
}
