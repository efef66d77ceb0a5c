/** `murmur entities`: how well names were found, in a file with the given and the found tag at the end of each line. */
import { InputError } from "../../shared/errors.ts";
import type { ScoreReport } from "../../shared/fairness/class-figures.ts";
import { parseConll } from "../../shared/text/conll.ts";
import { entityReport, wordReport } from "../../shared/text/tagging-report.ts";

/**
 * @param strict counts only names that begin with `B-`
 * @throws InputError for a line without two tags
 */
export function entitiesOfFile(text: string, strict: boolean): { entities: ScoreReport; words: ScoreReport } {
  const [given, found] = [parseConll(text, 2), parseConll(text, 1)];
  const [broken] = given.broken;
  if (broken !== undefined || given.sentences.length === 0)
    throw new InputError(
      "FILE",
      broken === undefined ? "holds no tagged word" : `has no two tags at the end of line ${broken}`,
      "Let each line hold a word, its given tag and its found tag.",
    );
  const sentences = given.sentences.map(({ tags }, i) => ({ gold: tags, found: found.sentences[i]!.tags }));
  return { entities: entityReport(sentences, strict), words: wordReport(sentences) };
}
