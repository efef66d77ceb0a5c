import Papa from "papaparse";
import { writeConll } from "../../../shared/text/conll.ts";
import { command, json, readInput } from "../flags.ts";
import { output } from "../output.ts";
import { coordinator, dataDirOf, modelOf } from "./coordinator-flag.ts";

export default command({
  meta: { name: "predict", description: "Score the rows of a file with a model; prints CSV, of names CoNLL" },
  args: {
    run: modelOf,
    data: {
      type: "string",
      required: true,
      valueHint: "FILE",
      description: "CSV file with the rows, of names CoNLL too",
    },
    coordinator,
    "data-dir": dataDirOf,
    json,
  },
  async run({ args }) {
    const text = await readInput("--data", args.data);
    const { predictRows } = await import("../predict.ts");
    const { encodersFolder } = await import("../../text/encoders.ts");
    const place = { run: args.run, coordinator: args.coordinator };
    const { predictions, ...about } = await predictRows(text, place, encodersFolder(args["data-dir"]));
    const sentences: Parameters<typeof writeConll>[0][number][] = [];
    const table: object[] = [];
    for (const told of predictions) {
      if ("tags" in told)
        sentences.push({ words: told.words, columns: told.given ? [told.given, told.tags] : [told.tags] });
      else if ("logit" in told)
        table.push({
          row: told.row,
          logit: told.logit,
          probability: told.probability,
          selected: Number(told.selected),
        });
      else table.push({ row: told.row, outcome: told.outcome, probability: told.probability });
    }
    const plain = sentences.length > 0 ? writeConll(sentences) : Papa.unparse(table, { newline: "\n" });
    output(args, { ...about, predictions }, plain);
  },
});
