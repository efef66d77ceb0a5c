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
    const { predictRows } = await import("../explain.ts");
    const { predictions, ...about } = await predictRows(text, { run: args.run, coordinator: args.coordinator });
    const lines = predictions.map(({ row, logit, probability, selected }) =>
      [row, logit, probability, +selected].join(),
    );
    output(args, { ...about, predictions }, ["row,logit,probability,selected", ...lines].join("\n"));
  },
});
