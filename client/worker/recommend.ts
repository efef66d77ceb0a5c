/** What the model recommends to the tab's owner; loaded when they ask. */

import type { TypedRows } from "../../shared/data/rows.ts";
import { invariant } from "../../shared/errors.ts";
import { type ModelFile, readModelFile } from "../../shared/model-file.ts";
import type { Catalogue } from "../../shared/recommend/catalogue.ts";
import { recommended } from "../../shared/recommend/recommend.ts";
import type { Answerer } from "./answerer.ts";

const shownItems = 10;

/** Titles, best first. @param choices those that the catalogue knows, the last one among them */
export async function recommend(
  file: ModelFile,
  answerer: Answerer,
  { choices }: TypedRows,
  catalogue: Catalogue,
): Promise<string[]> {
  const popularity = file.context.marginals[file.label.column];
  invariant(choices && popularity?.length === catalogue.ids.length, "a model that recommends items of this catalogue");
  const { parameters } = await readModelFile(file);
  const chosen = new Set(choices.items.map((item) => catalogue.places.get(item)!));
  const places = await recommended(
    chosen,
    catalogue,
    popularity,
    (inputs) => answerer.score(parameters, inputs),
    shownItems,
  );
  return places.map((place) => catalogue.titles[place]!);
}
