import Papa from "papaparse";
import { command, json, readInput } from "../flags.ts";
import { output } from "../output.ts";
import { coordinator, modelOf } from "./coordinator-flag.ts";

export default command({
  meta: { name: "predict", description: "Score the rows of a file with a model; prints CSV" },
  args: {
    run: modelOf,
    data: { type: "string", required: true, valueHint: "FILE", description: "CSV file with the rows" },
    coordinator,
    json,
  },
  async run({ args }) {
    const text = await readInput("--data", args.data);
    const { predictRows } = await import("../predict.ts");
    const { predictions, ...about } = await predictRows(text, { run: args.run, coordinator: args.coordinator });
    const table = predictions.map((told) =>
      "logit" in told
        ? { row: told.row, logit: told.logit, probability: told.probability, selected: Number(told.selected) }
        : { row: told.row, outcome: told.outcome, probability: told.probability },
    );
    output(args, { ...about, predictions }, Papa.unparse(table, { newline: "\n" }));
  },
});
