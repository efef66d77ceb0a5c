/** Persons who chose among the items of a catalogue: the rows that each makes of its choices, one after the other. */
import { splitHeldBack } from "../../shared/data/portions.ts";
import type { TypedRows } from "../../shared/data/rows.ts";
import { InputError } from "../../shared/errors.ts";
import type { RandomSource } from "../../shared/privacy/random.ts";
import type { Catalogue } from "../../shared/recommend/catalogue.ts";
import { knownChoices } from "../../shared/recommend/choices.ts";
import { pairInputs, pairsOf } from "../../shared/recommend/pairs.ts";
import type { Participant } from "./population.ts";

export interface Choosers {
  rows: TypedRows;
  participants: Participant[];
  /** By participant, places of the choices that are learned from */
  chosen: Uint32Array[];
  /** Place in the catalogue of a row's item */
  candidate(row: number): number;
  /** Model inputs of all rows */
  inputs(popularity: readonly number[]): Float32Array;
}

/** @param persons each one's choices; who has too few that the catalogue knows is left out */
export function choosersOf(persons: readonly TypedRows[], catalogue: Catalogue, random: RandomSource): Choosers {
  const all = persons.flatMap((own) => {
    try {
      const known = knownChoices(own, catalogue);
      // The last choice is held back, whatever the key.
      return [pairsOf(known, splitHeldBack(known, 0, new Uint8Array()), catalogue, random)];
    } catch (error) {
      if (error instanceof InputError) return [];
      throw error;
    }
  });
  const participants: Participant[] = [];
  let first = 0;
  for (const { rows, portions } of all) {
    const shifted = (part: Uint32Array) => part.map((row) => row + first);
    participants.push({ train: shifted(portions.train), heldBack: shifted(portions.heldBack) });
    first += rows.count;
  }
  const candidates = Uint32Array.from(all.flatMap((pairs) => Array.from(pairs.candidates)));
  return {
    rows: {
      count: first,
      numeric: {},
      categorical: {},
      labels: joined(all.map(({ rows }) => rows.labels)),
      cells: joined(all.map(({ rows }) => rows.cells)),
    },
    participants,
    chosen: all.map(({ chosen }) => chosen),
    candidate: (row) => candidates[row]!,
    inputs(popularity) {
      const parts = all.map((pairs) => pairInputs(pairs, catalogue, popularity));
      const features = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
      let at = 0;
      for (const part of parts) {
        features.set(part, at);
        at += part.length;
      }
      return features;
    },
  };
}

const joined = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.concat(parts));
