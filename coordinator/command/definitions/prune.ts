import { writeFile } from "node:fs/promises";
import { command, json, readInput, requiredNumber } from "../flags.ts";
import { inLines, output } from "../output.ts";
import { coordinator, modelOf } from "./coordinator-flag.ts";

export default command({
  meta: {
    name: "prune",
    description: "Take the smallest weights or whole features out of a model, and say what it costs",
  },
  args: {
    run: modelOf,
    data: { type: "string", required: true, valueHint: "FILE", description: "CSV file with labelled rows to judge by" },
    kind: { type: "enum", options: ["weights", "features"], default: "features", description: "What is taken away" },
    share: { type: "string", required: true, valueHint: "S", description: "How much of it, from 0 to below 1" },
    out: { type: "string", valueHint: "FILE", description: "Where the smaller model goes (JSON)" },
    coordinator,
    json,
  },
  async run({ args }) {
    const share = requiredNumber("share", args.share, { from: 0, to: 0.999 });
    const text = await readInput("--data", args.data);
    const { pruneModel } = await import("../explain.ts");
    const kind = args.kind as Parameters<typeof pruneModel>[1]["kind"];
    const { file, ...told } = await pruneModel(text, { run: args.run, coordinator: args.coordinator, kind, share });
    if (args.out !== undefined) await writeFile(args.out, `${JSON.stringify(file)}\n`);
    output(args, told, inLines(told));
  },
});
