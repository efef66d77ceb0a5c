/** What a person chose, as far as a catalogue knows it: of what was chosen twice, the last time. */
import { type TypedRows, takeRows } from "../data/rows.ts";
import { InputError } from "../errors.ts";
import type { Catalogue } from "./catalogue.ts";
import { ranked } from "./ranking.ts";

/** One to be foreseen, and two so that each of them has another beside it. */
const fewestChoices = 3;

/**
 * @param rows a person's, as the file has them
 * @throws InputError where too few of them are in the catalogue, or nearly all of it
 */
export function knownChoices(rows: TypedRows, { places }: Catalogue): TypedRows {
  const { items, order } = rows.choices!;
  const latest = new Map<string, number>();
  items.forEach((item, row) => {
    const before = latest.get(item);
    if (places.has(item) && (before === undefined || order[row]! >= order[before]!)) latest.set(item, row);
  });
  if (latest.size < fewestChoices)
    throw new InputError("file", "has fewer than three choices that the catalogue knows", "Choose another file.");
  if (places.size - latest.size < ranked)
    throw new InputError("file", "has chosen nearly all of the catalogue", "Choose another file.");
  return takeRows(rows, Uint32Array.from(latest.values()).sort());
}
