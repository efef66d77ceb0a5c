/**
 * Files of tagged words as in the shared tasks of CoNLL: a word a line, its tag the last of the line's columns, an empty
 * line behind each sentence. Lines that begin with -DOCSTART- stand between documents.
 */
import { outside, toBio } from "./tags.ts";

export interface TaggedSentence {
  words: string[];
  /** As they stand there, one a word */
  tags: string[];
}

const tagForm = /^(O|[BI]-\S+)$/;
const columnsOf = (line: string): string[] => line.trim().split(/[ \t]+/);

/** Whether a file's first line that holds anything ends with a tag. */
export function isConll(text: string): boolean {
  const first = text.split("\n", 200).find((line) => line.trim() !== "" && !line.startsWith("-DOCSTART-"));
  return first !== undefined && columnsOf(first).length > 1 && tagForm.test(columnsOf(first).at(-1)!);
}

/**
 * @param column counted from the end: 1 is the last, 2 the one before it
 * @returns the sentences, and the 1-based lines on which no tag stands; their sentences are left out
 */
export function parseConll(text: string, column = 1): { sentences: TaggedSentence[]; broken: number[] } {
  const sentences: TaggedSentence[] = [];
  const broken: number[] = [];
  let words: string[] = [];
  let tags: string[] = [];
  let whole = true;
  const end = () => {
    if (words.length > 0 && whole) sentences.push({ words, tags });
    [words, tags, whole] = [[], [], true];
  };
  text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .forEach((line, i) => {
      if (line.trim() === "" || line.startsWith("-DOCSTART-")) {
        end();
        return;
      }
      const columns = columnsOf(line);
      const tag = columns.length > column ? columns.at(-column)! : "";
      if (!tagForm.test(tag)) {
        broken.push(i + 1);
        whole = false;
      }
      words.push(columns[0]!);
      tags.push(tag || outside);
    });
  end();
  return { sentences, broken };
}

/** Sentences as rows of a table of two columns, words and tags in BIO with blanks between. */
export function conllRecords(text: string, columns: { text: string; label: string }) {
  const { sentences, broken } = parseConll(text);
  const records = sentences.map(({ words, tags }) => ({
    [columns.text]: words.join(" "),
    [columns.label]: toBio(tags).join(" "),
  }));
  return { records, broken };
}

/** The same form again: word, given tag if there is one, found tag. */
export const writeConll = (
  sentences: readonly { words: readonly string[]; columns: readonly (readonly string[])[] }[],
) =>
  `${sentences
    .map(({ words, columns }) =>
      words.map((word, i) => [word, ...columns.map((tags) => tags[i]!)].join("\t")).join("\n"),
    )
    .join("\n\n")}\n`;
