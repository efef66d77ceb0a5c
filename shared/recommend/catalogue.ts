/**
 * A public catalogue: what may be recommended, each item with a vector that a frozen encoder has made of its text. It is a
 * file of its own, named in the task by its hash, as an encoder is.
 */
import { z } from "zod";
import { InputError } from "../errors.ts";
import { readSafetensors } from "../text/safetensors.ts";

export interface Catalogue {
  /** [count], as a person's file names them */
  ids: string[];
  /** By id, where in the lists an item stands */
  places: ReadonlyMap<string, number>;
  /** [count], for the eye */
  titles: string[];
  width: number;
  /** [count, width], each column with mean 0 and variance 1 over the items */
  vectors: Float32Array<ArrayBuffer>;
}

const listed = z.array(z.string()).min(1);
const fix = "Fetch it again; its hash tells whether it came whole.";

/** @throws InputError for what is no catalogue, or one of another size than the task says */
export function readCatalogue(bytes: Uint8Array<ArrayBuffer>, size: { count: number; width: number }): Catalogue {
  const { metadata, tensors } = readSafetensors(bytes);
  const vectors = tensors.get("items");
  const lists = ["ids", "titles"].map((name) => {
    try {
      return listed.parse(JSON.parse(metadata[name] ?? ""));
    } catch {
      throw new InputError("catalogue", `has no ${name} in its header`, fix);
    }
  });
  const [ids, titles] = lists as [string[], string[]];
  if (vectors?.shape.join() !== `${size.count},${size.width}` || [ids, titles].some((l) => l.length !== size.count))
    throw new InputError("catalogue", `is not of ${size.count} items, ${size.width} numbers each`, fix);
  const places = new Map(ids.map((id, place) => [id, place]));
  if (places.size < ids.length) throw new InputError("catalogue", "names an item twice", fix);
  return { ids, places, titles, width: size.width, vectors: vectors.data };
}
