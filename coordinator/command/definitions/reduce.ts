import { writeFile } from "node:fs/promises";
import { command, json, readInput, requiredNumber } from "../flags.ts";
import { inLines, output } from "../output.ts";
import { coordinator, modelOf } from "./coordinator-flag.ts";

export default command({
  meta: {
    name: "reduce",
    description: "Let a model look at the first principal components of its inputs alone, and say what it costs",
  },
  args: {
    run: modelOf,
    data: { type: "string", required: true, valueHint: "FILE", description: "CSV file with labelled rows to judge by" },
    components: { type: "string", required: true, valueHint: "K", description: "How many components are kept" },
    out: { type: "string", valueHint: "FILE", description: "Where the reduced model goes (JSON)" },
    coordinator,
    json,
  },
  async run({ args }) {
    const components = requiredNumber("components", args.components, { from: 1, to: 16, whole: true });
    const text = await readInput("--data", args.data);
    const { reduceModel } = await import("../explain.ts");
    const { file, ...told } = await reduceModel(text, { run: args.run, coordinator: args.coordinator, components });
    if (args.out !== undefined) await writeFile(args.out, `${JSON.stringify(file)}\n`);
    output(args, told, inLines(told));
  },
});
