import fc from "fast-check";
import { expect, it } from "vitest";
import { conllRecords, isConll, parseConll, writeConll } from "./conll.ts";
import { entityReport, formatReport, wordReport } from "./tagging-report.ts";
import { entitiesOf, entityTable, likeliestTags, tagsOf, toBio } from "./tags.ts";
import vectors from "./vectors/tagging.json" with { type: "json" };

const sentencesOf = ({ gold, found }: { gold: string[]; found: string[] }) =>
  gold.map((tags, i) => ({ gold: tags.split(" "), found: found[i]!.split(" ") }));

it.each(vectors.cases.map((one, i) => [i, one] as const))(
  "case %i: reports are those of seqeval and scikit-learn, to the character",
  (_, one) => {
    const sentences = sentencesOf(one);
    expect(formatReport(entityReport(sentences), false)).toBe(one.entities);
    expect(formatReport(entityReport(sentences, true), false)).toBe(one.strict);
    expect(formatReport(wordReport(sentences), true)).toBe(one.words);
  },
);

it("an I that goes on with nothing begins a name, but not strictly", () => {
  const tags = ["I-PER", "O", "B-LOC", "I-PER", "I-PER", "B-PER"];
  const all = [
    { type: "PER", from: 0, to: 1 },
    { type: "LOC", from: 2, to: 3 },
    { type: "PER", from: 3, to: 5 },
    { type: "PER", from: 5, to: 6 },
  ];
  expect(entitiesOf(tags)).toEqual(all);
  expect(entitiesOf(tags, true)).toEqual([all[1], all[3]]);
});

const isBio = (tags: readonly string[]): boolean =>
  tags.every(
    (tag, i) => !tag.startsWith("I-") || (i > 0 && tags[i - 1] !== "O" && tags[i - 1]!.slice(2) === tag.slice(2)),
  );

it("of all ways to tag the words in BIO, the likeliest is found", () => {
  const names = tagsOf(["PER", "LOC"]);
  const ways = (words: number): number[][] =>
    words === 0 ? [[]] : ways(words - 1).flatMap((way) => [...names.keys()].map((tag) => [...way, tag]));
  const logit = fc.double({ min: -9, max: 9, noNaN: true });
  const text = fc.array(fc.array(logit, { minLength: 5, maxLength: 5 }), { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(text, fc.subarray([0, 1, 2, 3]), (tokens, starts) => {
      const [found] = likeliestTags(names, tokens.flat(), [starts], [starts.length + 1]);
      // The last word did not find room.
      expect(found!.pop()).toBe("O");
      expect(isBio(found!)).toBe(true);
      const score = (tags: readonly number[]) => tags.reduce((sum, tag, i) => sum + tokens[starts[i]!]![tag]!, 0);
      const allowed = ways(starts.length).filter((way) => isBio(way.map((tag) => names[tag]!)));
      const best = Math.max(...allowed.map(score));
      expect(score(found!.map((tag) => names.indexOf(tag)))).toBeCloseTo(best, 9);
    }),
    { numRuns: 60 },
  );
});

it("a name that begins with I alone is given up, or begun, whichever is likelier", () => {
  const names = tagsOf(["PER"]);
  const tags = (...words: number[][]) =>
    likeliestTags(names, words.flat(), [words.map((_, i) => i)], [words.length])[0];
  expect(tags([3, 0, 1], [0, 0, 2])).toEqual(["O", "O"]);
  expect(tags([3, 2.5, 1], [0, 0, 2])).toEqual(["B-PER", "I-PER"]);
});

it("reads both forms of CoNLL, and leaves out sentences with a line that has no tag", () => {
  const text =
    "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nrejects VBZ I-VP O\n\nPeter NNP I-NP I-PER\nAnn NNP B-NP B-PER\nBell NNP I-NP I-PER\n\nbroken NNP\n. . O O\n";
  expect(isConll(text)).toBe(true);
  expect(isConll("tokens,tags\nEU rejects,B-ORG O\n")).toBe(false);
  expect(isConll("\ufeff@me\tO\nhi\tO\n")).toBe(true);
  expect(parseConll(text)).toEqual({
    sentences: [
      { words: ["EU", "rejects"], tags: ["I-ORG", "O"] },
      { words: ["Peter", "Ann", "Bell"], tags: ["I-PER", "B-PER", "I-PER"] },
    ],
    broken: [10],
  });
  expect(conllRecords(text, { text: "words", label: "tags" }).records).toEqual([
    { words: "EU rejects", tags: "B-ORG O" },
    { words: "Peter Ann Bell", tags: "B-PER B-PER I-PER" },
  ]);
});

const types = ["PER", "LOC"];
const tags = fc.array(fc.constantFrom(...tagsOf(types)), { minLength: 1, maxLength: 12 });

it("BIO stays BIO, what is written is read again, and the table counts every name once", () => {
  fc.assert(
    fc.property(tags, tags, (gold, other) => {
      const bio = toBio(gold);
      expect(toBio(bio)).toEqual(bio);
      expect(entitiesOf(bio, true)).toEqual(entitiesOf(gold));
      const words = bio.map((_, i) => `w${i}`);
      expect(parseConll(writeConll([{ words, columns: [bio, bio] }]), 2).sentences).toEqual([{ words, tags: bio }]);
      const found = bio.map((tag, i) => other[i] ?? tag);
      const table = entityTable(types, [{ gold: entitiesOf(bio), found: entitiesOf(found) }]);
      expect(table[0]! + table[3]!).toBe(entitiesOf(bio).length);
      expect(table[1]! + table[4]!).toBe(entitiesOf(found).length);
      expect(Math.max(table[2]! - table[0]!, table[2]! - table[1]!)).toBeLessThanOrEqual(0);
    }),
    { seed: 5, numRuns: 200 },
  );
});
