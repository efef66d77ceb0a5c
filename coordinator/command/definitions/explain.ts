import { explainMethods } from "../../../shared/explain/explain.ts";
import { command, json, listFlag, readInput, requiredNumber } from "../flags.ts";
import { inLines, output } from "../output.ts";
import { coordinator, modelOf } from "./coordinator-flag.ts";

export default command({
  meta: { name: "explain", description: "Say why a model scores one row of a file as it does" },
  args: {
    run: modelOf,
    data: { type: "string", required: true, valueHint: "FILE", description: "CSV file with the row" },
    row: { type: "string", required: true, valueHint: "N", description: "Which row, from 1, the header not counted" },
    method: { type: "enum", options: [...explainMethods], default: "kernel-shap", description: "How" },
    freeze: { type: "string", valueHint: "A[,B]", description: "Features that a counterfactual leaves as they are" },
    seed: { type: "string", default: "1", valueHint: "S", description: "The same seed gives the same bytes" },
    coordinator,
    json,
  },
  async run({ args }) {
    const row = requiredNumber("row", args.row, { from: 1, whole: true });
    const seed = requiredNumber("seed", args.seed, { from: 0, to: 2 ** 32, whole: true });
    const text = await readInput("--data", args.data);
    const { explainRow } = await import("../explain.ts");
    const frozen = listFlag("freeze", args.freeze);
    const found = await explainRow(text, row, {
      run: args.run,
      coordinator: args.coordinator,
      method: args.method as Parameters<typeof explainRow>[2]["method"],
      seed,
      ...(frozen && { frozen }),
    });
    output(args, found, inLines(found));
  },
});
