/** The catalogue of shared/recommend/testing as a coordinator keeps it: a file, named by its hash. */
import { createHash } from "node:crypto";
import { safetensors } from "../coordinator/export/safetensors.ts";
import { filmsOf } from "../shared/recommend/testing/films.ts";

export const films = filmsOf(300);
export const bytes = safetensors([{ name: "items", shape: [films.ids.length, films.width], data: films.vectors }], {
  ids: JSON.stringify(films.ids),
  titles: JSON.stringify(films.titles),
});
export const sha256 = createHash("sha256").update(bytes).digest("hex");
