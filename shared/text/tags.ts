/**
 * Tags of words that say where names are, by BIO: `B-` begins a name, `I-` goes on with one, `O` is outside. Names are
 * told from tags as conlleval and seqeval's default do: an `I-` that goes on with nothing begins a name all the same.
 */

/** A name in a sentence of tagged words. */
export interface Entity {
  type: string;
  /** Its first word, and the one behind its last */
  from: number;
  to: number;
}

export const outside = "O";

/** All tags of these types of names, by number: O first, then each type's B and I. */
export const tagsOf = (types: readonly string[]): string[] => [
  outside,
  ...types.flatMap((type) => [`B-${type}`, `I-${type}`]),
];

/** @param strict counts only names that begin with `B-`, as seqeval's mode strict with IOB2 */
export function entitiesOf(tags: readonly string[], strict = false): Entity[] {
  const found: Entity[] = [];
  let open: Entity | undefined;
  for (const [i, tag] of tags.entries()) {
    const [type, begins] = [tag.slice(2), tag.startsWith("B")];
    if (open && tag !== outside && !begins && type === open.type) {
      open.to = i + 1;
      continue;
    }
    open = tag === outside || (strict && !begins) ? undefined : { type, from: i, to: i + 1 };
    if (open) found.push(open);
  }
  return found;
}

/**
 * IOB1, where `B-` stands only between two names of one type, as BIO; what is BIO already stays as it is. (Ramshaw and
 * Marcus 1995, section 4.1; Tjong Kim Sang and Veenstra 1999, section 2.)
 */
export const toBio = (tags: readonly string[]): string[] =>
  tags.map((tag, i) => {
    const before = tags[i - 1] ?? outside;
    const goesOn = before !== outside && before.slice(2) === tag.slice(2);
    return tag.startsWith("I-") && !goesOn ? `B-${tag.slice(2)}` : tag;
  });

/** Counts [types, 3] of names: those there are, those found, and those of them that are right in type and place. */
export function entityTable(
  types: readonly string[],
  sentences: Iterable<{ gold: readonly Entity[]; found: readonly Entity[] }>,
): Uint32Array {
  const table = new Uint32Array(types.length * 3);
  const count = ({ type }: Entity, part: number) => {
    table[types.indexOf(type) * 3 + part]!++;
  };
  for (const { gold, found } of sentences) {
    const places = new Set(gold.map(placeOf));
    for (const entity of gold) count(entity, 0);
    for (const entity of found) {
      count(entity, 1);
      if (places.has(placeOf(entity))) count(entity, 2);
    }
  }
  return table;
}

/** Of a token that has no label; no tag has so many before it. */
export const unlabelled = 255;

/** Labels [texts, room] of tokens: a word's tag at its first one, `unlabelled` at all others. */
export function tokenLabels(
  tags: readonly ArrayLike<number>[],
  starts: readonly (readonly number[])[],
  room: number,
): Uint8Array<ArrayBuffer> {
  const labels = new Uint8Array(tags.length * room).fill(unlabelled);
  starts.forEach((own, text) => {
    own.forEach((start, word) => {
      labels[text * room + start] = tags[text]![word]!;
    });
  });
  return labels;
}

/**
 * The likeliest tags of each text's words, by the logits at their first tokens, among those where every `I-` goes on with
 * a name of its type (Viterbi 1967; He, Lee, Lewis & Zettlemoyer 2017, §2.2, «BIO constraints»); of words that were not
 * read, O.
 * @param names of tags, as `tagsOf` has them
 * @param logits [texts, room, names]
 * @param words of each text
 */
export function likeliestTags(
  names: readonly string[],
  logits: ArrayLike<number>,
  starts: readonly (readonly number[])[],
  words: readonly number[],
): string[][] {
  const room = logits.length / names.length / Math.max(1, starts.length);
  const before = names.map((name) => predecessors(names, name));
  return starts.map((own, text) => {
    const scores = own.map((start) => names.map((_, tag) => logits[(text * room + start) * names.length + tag]!));
    const path = bestPath(scores, before).map((tag) => names[tag]!);
    return Array.from({ length: words[text]! }, (_, word) => path[word] ?? outside);
  });
}

/** Tags that may stand before one; a text begins as if behind O. */
const predecessors = (names: readonly string[], name: string): number[] =>
  [...names.keys()].filter((i) => !name.startsWith("I-") || names[i]!.slice(1) === `-${name.slice(2)}`);

/** @param scores [words, tags] @param before of each tag, those that may stand before it; the first is O */
function bestPath(scores: readonly (readonly number[])[], before: readonly (readonly number[])[]): number[] {
  let best = before.map((_, tag) => (tag === 0 ? 0 : Number.NEGATIVE_INFINITY));
  const from = scores.map((own) => {
    const chosen = before.map((tags) => tags.reduce((a, b) => (best[b]! > best[a]! ? b : a)));
    best = chosen.map((tag, i) => best[tag]! + own[i]!);
    return chosen;
  });
  let tag = best.reduce((a, score, i) => (score > best[a]! ? i : a), 0);
  const path = from.map((_, i) => {
    const own = tag;
    tag = from[from.length - 1 - i]![own]!;
    return own;
  });
  return path.reverse();
}

const placeOf = ({ type, from, to }: Entity): string => `${from} ${to} ${type}`;
