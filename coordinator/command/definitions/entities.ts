import { InputError } from "../../../shared/errors.ts";
import { parseConll } from "../../../shared/text/conll.ts";
import { entityReport, formatReport, wordReport } from "../../../shared/text/tagging-report.ts";
import { command, json, readInput } from "../flags.ts";
import { output } from "../output.ts";

export default command({
  meta: {
    name: "entities",
    description: "Precision, recall and F1 of names in a CoNLL file whose last columns are the given and the found tag",
  },
  args: {
    file: { type: "positional", required: true, description: "the file, as `predict` prints it" },
    strict: { type: "boolean", description: "Count only names that begin with B-" },
    json,
  },
  async run({ args }) {
    const text = await readInput("FILE", args.file);
    const [given, found] = [parseConll(text, 2), parseConll(text, 1)];
    const [broken] = given.broken;
    if (broken !== undefined || given.sentences.length === 0)
      throw new InputError(
        "FILE",
        broken === undefined ? "holds no tagged word" : `has no two tags at the end of line ${broken}`,
        "Let each line hold a word, its given tag and its found tag.",
      );
    const sentences = given.sentences.map(({ tags }, i) => ({ gold: tags, found: found.sentences[i]!.tags }));
    const [entities, words] = [entityReport(sentences, args.strict), wordReport(sentences)];
    output(args, { entities, words }, `Names\n${formatReport(entities, false)}\nWords\n${formatReport(words, true)}`);
  },
});
