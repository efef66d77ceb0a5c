import { formatReport } from "../../../shared/text/tagging-report.ts";
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
    const { entitiesOfFile } = await import("../entities.ts");
    const result = entitiesOfFile(text, args.strict === true);
    output(args, result, `Names\n${formatReport(result.entities, false)}\nWords\n${formatReport(result.words, true)}`);
  },
});
