/** A catalogue of two kinds of films, persons who like one kind, and a task about them, for tests. */
import type { TextRecord } from "../../data/rows.ts";
import type { Task } from "../../task.ts";
import { asTask } from "../../task-rules.ts";
import type { Catalogue } from "../catalogue.ts";

/** Of an item: its kind, and nothing that tells it from others of its kind */
const width = 2;
export const kindOf = (place: number): number => place % 2;

export function filmsOf(count: number): Catalogue {
  const ids = Array.from({ length: count }, (_, i) => `film-${i}-of-the-catalogue`);
  return {
    ids,
    places: new Map(ids.map((id, place) => [id, place])),
    titles: ids.map((_, i) => `${kindOf(i) === 0 ? "Comedy" : "Tragedy"} ${i}`),
    width,
    vectors: Float32Array.from({ length: count * width }, (_, i) => {
      const kind = kindOf(Math.floor(i / width)) === 0 ? 1 : -1;
      return i % width === 0 ? kind : -kind;
    }),
  };
}

/**
 * Rows of somebody who likes one kind, and chose every `step`th film of the catalogue from the first of that kind on.
 * @param turn by how much the order of the choices is turned: of equal persons, each chose another one last
 */
export const chooser = (films: Catalogue, kind: number, step: number, turn = 0): TextRecord[] => {
  const own = films.ids.filter((_, place) => kindOf(place) === kind && place % step === kind);
  return own.map((film, i) => {
    return { film, when: String((i + turn) % own.length), likes: kind === 0 ? "comedy" : "tragedy" };
  });
};

export const filmTask = (sha256: string, count: number, change: Partial<Record<keyof Task, object>> = {}): Task =>
  asTask({
    name: "films",
    purpose: "a task about films for tests of choices",
    data: {
      label: { column: "film", order: "when" },
      items: { sha256, count, width },
      sensitive: [
        {
          name: "likes",
          column: "likes",
          groups: [
            { name: "comedy", values: ["comedy"] },
            { name: "tragedy", values: ["tragedy"] },
          ],
        },
      ],
    },
    model: { layers: [{ kind: "dense", outputs: 1 }] },
    privacy: { unit: "participant", epsilon: 50, delta: 1e-2, clipNorm: 2, profileShare: 0.3 },
    cohort: { minimum: 6, maximum: 6, dropoutTolerance: 0.2 },
    training: { rounds: 2, learningRate: 1, localEpochs: 2, localLearningRate: 0.3 },
    ...change,
  });
